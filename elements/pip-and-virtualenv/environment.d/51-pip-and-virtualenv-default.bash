export DIB_INSTALLTYPE_pip_and_virtualenv=${DIB_INSTALLTYPE_pip_and_virtualenv:-package}
if [[ ${DISTRO_NAME:-} =~ centos|rhel && $DIB_INSTALLTYPE_pip_and_virtualenv == source ]]; then
  echo "pip-and-virtualenv cannot install from source on $DISTRO_NAME: set DIB_INSTALLTYPE_pip_and_virtualenv=package" >&2
  exit 1
fi

# Scripts that pip installs name their interpreter, so it is not the link, which is gone in the end.
if [[ -L /usr/local/bin/dib-python ]]; then
  DIB_PYTHON_PIP="$(readlink /usr/local/bin/dib-python) -m pip"
  DIB_PYTHON_VIRTUALENV="$(readlink /usr/local/bin/dib-python) -m venv"
  if [[ ${DIB_PYTHON_VERSION:-} == 2 ]]; then DIB_PYTHON_VIRTUALENV="$(readlink /usr/local/bin/dib-python) -m virtualenv"; fi
  export DIB_PYTHON_PIP DIB_PYTHON_VIRTUALENV
fi
