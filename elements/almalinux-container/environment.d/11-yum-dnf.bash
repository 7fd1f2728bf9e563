# bash, sourced before every phase
export YUM=dnf
