# bash, sourced before every phase
if ((DIB_RELEASE >= 22)); then export YUM=dnf; else export YUM=yum; fi
