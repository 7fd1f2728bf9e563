#!/usr/bin/env bash
# Configures a network interface for DHCP when it has a link and no configuration yet; every one except lo without an
# argument. /etc/default/dhcp-all-interfaces says in DIB_DHCP_TIMEOUT how many seconds to wait for a link.
#
# usage: dhcp-all-interfaces.sh [INTERFACE]
# dib-lint: disable=executable
set -euo pipefail
PATH=/sbin:/usr/sbin:$PATH

eni=/etc/network/interfaces
DIB_DHCP_TIMEOUT=30
# shellcheck source=/dev/null
if [[ -f /etc/default/dhcp-all-interfaces ]]; then source /etc/default/dhcp-all-interfaces; fi

if [[ -d /etc/network ]]; then
  kind=eni
elif [[ -d /etc/sysconfig/network-scripts ]]; then
  kind=redhat
  scripts=/etc/sysconfig/network-scripts
elif [[ -d /etc/sysconfig/network ]]; then
  kind=suse
  scripts=/etc/sysconfig/network
else
  echo "No known network configuration: none of /etc/network, /etc/sysconfig/network-scripts, /etc/sysconfig/network" >&2
  exit 1
fi

# What the kernel says of an interface; see its Documentation/ABI/testing/sysfs-class-net.
property() { # INTERFACE NAME
  cat "/sys/class/net/$1/$2" 2>/dev/null || true
}

# 0: the address is the hardware's own; 2: taken over from another interface.
is_hardware() {
  [[ $(property "$1" addr_assign_type) == 0 ]]
}

is_vlan() {
  [[ $1 == *.* && $(property "$1" addr_assign_type) == 2 ]] && is_hardware "${1%%.*}"
}

is_configured() {
  local settings
  if [[ $kind != eni ]]; then
    [[ -f $scripts/ifcfg-$1 ]]
  else
    settings=$(ifquery "$1" 2>/dev/null) && [[ -n $settings ]]
  fi
}

wait_for_link() {
  local left
  for ((left = DIB_DHCP_TIMEOUT; left > 0; left--)); do
    # Drivers may take the interface down again while they start.
    ip link set dev "$1" up 2>/dev/null || true
    if [[ $(property "$1" carrier) == 1 ]]; then return 0; fi
    sleep 1
  done
  return 1
}

# What the routers of the network say: none, slaac (addresses from them alone), stateless or stateful DHCP.
ipv6_kind() {
  local left answer status
  if ! type rdisc6 >/dev/null 2>&1; then echo none && return; fi
  for ((left = DIB_DHCP_TIMEOUT; left > 0; left--)); do
    status=0
    answer=$(rdisc6 --retry 3 --single "$1" 2>/dev/null) || status=$?
    case $status in
      0) break ;;
      1) sleep 1 ;; # no link-local address yet
      *) echo none && return ;; # no answer
    esac
  done
  if ((status != 0)); then
    echo none
  elif grep -q 'Stateful address conf.*Yes' <<<"$answer"; then
    echo stateful
  elif grep -q 'Stateful other conf.*Yes' <<<"$answer"; then
    echo stateless
  else
    echo slaac
  fi
}

# The DHCPv6 client's identity is the machine's id, DUID type 4 of RFC 6355.
write_duid() { # FOLDER INTERFACE
  if [[ -d $1 ]]; then
    printf 'default-duid "\\x00\\x04%s";\n' "$(sed 's/../\\x&/g' /etc/machine-id)" >"$1/dhclient6--$2.lease"
  fi
}

write_eni() { # INTERFACE IPV6
  local text="auto $1"$'\n'"iface $1 inet dhcp"$'\n'
  if [[ $2 != none ]]; then write_duid /var/lib/dhcp "$1"; fi
  case $2 in
    stateful) text+=$'\n'"iface $1 inet6 dhcp"$'\n' ;;
    stateless) text+=$'\n'"iface $1 inet6 auto"$'\n\tdhcp 1\n' ;;
    slaac) text+=$'\n'"iface $1 inet6 auto"$'\n\tdhcp 0\n' ;;
  esac
  # Interfaces may appear at the same time.
  printf '%s\n' "$text" | flock -x "$eni" tee -a "$eni" >/dev/null
}

write_redhat() { # INTERFACE IPV6
  local lines=("DEVICE=\"$1\"" 'BOOTPROTO="dhcp"' 'ONBOOT="yes"')
  if [[ $(property "$1" type) == 32 ]]; then
    lines+=('TYPE="InfiniBand"' 'CONNECTED_MODE="no"' 'DEFROUTE="yes"' 'PEERDNS="yes"' 'PEERROUTES="yes"')
    lines+=('IPV4_FAILURE_FATAL="yes"' 'IPV6INIT="no"')
  else
    if is_vlan "$1"; then lines+=('VLAN="yes"'); fi
    lines+=('TYPE="Ethernet"')
    if [[ $2 != none ]]; then
      write_duid /var/lib/dhclient "$1"
      lines+=('IPV6INIT="yes"')
    fi
    case $2 in
      stateful) lines+=('IPV6_FORCE_ACCEPT_RA="yes"' 'DHCPV6C="yes"') ;;
      stateless) lines+=('IPV6_AUTOCONF="yes"' 'DHCPV6C="yes"' 'DHCPV6C_OPTIONS="-S"') ;;
      slaac) lines+=('IPV6_AUTOCONF="yes"') ;;
    esac
  fi
  printf '%s\n' "${lines[@]}" >"$scripts/ifcfg-$1"
}

configure() {
  if is_configured "$1"; then
    echo "$1 has a configuration"
  elif ! is_hardware "$1" && ! is_vlan "$1"; then
    echo "$1 is not a device of its own"
  elif ! wait_for_link "$1"; then
    echo "$1 has no link"
  else
    case $kind in
      eni) write_eni "$1" "$(ipv6_kind "$1")" ;;
      redhat) write_redhat "$1" "$(ipv6_kind "$1")" ;;
      suse) printf '%s\n' 'BOOTPROTO="dhcp"' 'STARTMODE="auto"' >"$scripts/ifcfg-$1" ;;
    esac
    echo "$1 is configured"
  fi
}

if (($# > 0)); then
  configure "$1"
else
  for interface in /sys/class/net/*; do
    if [[ ${interface##*/} != lo ]]; then configure "${interface##*/}"; fi
  done
fi
