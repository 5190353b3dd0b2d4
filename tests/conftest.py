"""What all tests share."""

import signal

from pytest_textual_snapshot import SVGImageExtension

SVGImageExtension.file_extension = "svg"  # syrupy 5 calls it so; the plugin has the old name

# A shell that runs the tests in its background has them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
