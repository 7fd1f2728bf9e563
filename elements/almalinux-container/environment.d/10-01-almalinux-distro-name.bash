# bash, sourced before every phase
export DISTRO_NAME=almalinux
export DIB_RELEASE=${DIB_RELEASE:-10}
export EFI_BOOT_DIR=EFI/almalinux
export DIB_YUM_MINIMAL_CREATE_INTERFACES=0
