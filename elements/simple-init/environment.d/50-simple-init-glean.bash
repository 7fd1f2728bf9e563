# Only the install type repo has a use for the clone.
if [[ ${DIB_INSTALLTYPE_simple_init:-} == repo ]]; then
  export DIB_INSTALLTYPE_glean=source
else
  export DIB_INSTALLTYPE_glean=${DIB_INSTALLTYPE_glean:-package}
fi
