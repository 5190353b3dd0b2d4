"""What all tests share."""

from pytest_textual_snapshot import SVGImageExtension

SVGImageExtension.file_extension = "svg"  # syrupy 5 calls it so; the plugin has the old name
