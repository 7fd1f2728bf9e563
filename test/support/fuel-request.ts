/** The request that the specification of the command shows: an environment on Ubuntu 14.04 with the repositories of Mirantis OpenStack. */
export const SAMPLE_REQUEST = {
  image_data: {
    '/boot': {
      container: 'gzip',
      uri: 'http://10.20.0.2:8080/targetimages/env_1_ubuntu_1404_amd64-boot.img.gz',
      format: 'ext2',
    },
    '/': {
      container: 'gzip',
      uri: 'http://10.20.0.2:8080/targetimages/env_1_ubuntu_1404_amd64.img.gz',
      format: 'ext4',
    },
  },
  output: '/var/www/nailgun/targetimages',
  repos: [
    repository('ubuntu', 'http://archive.ubuntu.com/ubuntu/', 'trusty', 'main universe multiverse', null),
    repository('ubuntu-updates', 'http://archive.ubuntu.com/ubuntu/', 'trusty-updates', 'main universe', null),
    repository('ubuntu-security', 'http://archive.ubuntu.com/ubuntu/', 'trusty-security', 'main universe', null),
    repository('mos', 'http://10.20.0.2:8080/2014.2-6.1/ubuntu/x86_64', 'mos6.1', 'main restricted', 1050),
    repository('Auxiliary', 'http://10.20.0.2:8080/2014.2-6.1/ubuntu/auxiliary', 'auxiliary', 'main restricted', 1150),
  ],
  codename: 'trusty',
} as const;

function repository(name: string, uri: string, suite: string, section: string, priority: number | null) {
  return { type: 'deb', name, uri, suite, section, priority } as const;
}
