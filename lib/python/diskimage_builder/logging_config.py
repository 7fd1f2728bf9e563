"""Logging of Python programs in elements.

setup() takes the settings of DIB_PYTHON_LOGGING_CONFIG_FILE, a JSON file in the form of logging.config.dictConfig, where that is set.
Otherwise messages go to standard error, from level DEBUG on where DIB_DEBUG_TRACE is above 0 and from INFO on elsewhere.
"""

import json
import logging
import logging.config
import os


class DibFormatter(logging.Formatter):
    """Formats with fmt, and with debug_suffix behind it for messages of level DEBUG. Files of settings name it."""

    def __init__(self, fmt="%(levelname)s %(name)s %(message)s", debug_suffix=" (%(pathname)s:%(lineno)d)", **more):
        super().__init__(fmt=fmt, **more)
        self._of_debug = logging.Formatter(fmt=fmt + debug_suffix, **more)

    def format(self, record):
        if record.levelno == logging.DEBUG:
            return self._of_debug.format(record)
        return super().format(record)


def setup():
    """Sets up the root logger."""
    path = os.environ.get("DIB_PYTHON_LOGGING_CONFIG_FILE")
    if path is not None:
        with open(path, encoding="utf-8") as file:
            logging.config.dictConfig(json.load(file))
        return
    handler = logging.StreamHandler()
    handler.setFormatter(DibFormatter())
    is_traced = int(os.environ.get("DIB_DEBUG_TRACE", "0")) > 0
    logging.basicConfig(level=logging.DEBUG if is_traced else logging.INFO, handlers=[handler])
