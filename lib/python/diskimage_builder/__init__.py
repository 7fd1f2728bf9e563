"""What elements written for diskimage-builder import on the host. Modules that are not here come from an installed diskimage-builder."""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)
