# bash, sourced before every phase
export INGOT_OPENEULER_MIRROR=${DIB_DISTRIBUTION_MIRROR:-https://repo.openeuler.org}
