# bash, sourced by dracut when the ramdisk starts: settles what dracut asks of the kernel's command line.
# shellcheck shell=bash disable=SC2034

# The fragments never come to the point where a root filesystem is mounted; dracut only wants to be told of one.
root=/dev/zero
rootok=1

# Boot loaders say "ip=ADDRESS:SERVER:GATEWAY:NETMASK", where dracut expects three fields more.
sed 's/\bip=\([0-9][^: ]*:[^: ]*:[^: ]*:[^: ]*\)\( \|$\)/ip=\1:::off\2/' /proc/cmdline >/run/cmdline
mount -n --bind -o ro /run/cmdline /proc/cmdline
# dracut keeps what it has read.
CMDLINE=
