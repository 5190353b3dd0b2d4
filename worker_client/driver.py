"""Textual's driver, with ears that do not break."""

from textual.drivers.linux_driver import LinuxDriver


class PatientDriver(LinuxDriver):
    """Bytes that are not UTF-8 end Textual's reading thread, and with it every key, the last one
    included; here they are passed over and reading goes on."""

    def run_input_thread(self) -> None:
        """Read keys until the program ends."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue
