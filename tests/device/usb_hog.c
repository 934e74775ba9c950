/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the memory that the kernel grants for USB transfers (usbfs_memory_mb), but for some 2 KiB
   that let a single command through:
   submits 16 KiB reads to an endpoint that has nothing to say, until one is refused. Holds them
   until it is ended.   usb_hog /dev/bus/usb/001/002 ENDPOINT */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { READ_BYTES = 16384, READ_MAX = 4096, LEFT_BYTES = 2048 };

int main(int argc, char **argv)
{
  static unsigned char buffer[READ_BYTES];
  static struct usbdevfs_urb urbs[READ_MAX];
  unsigned interface = 0;
  size_t count = 0;

  if (argc < 3)
    return 2;
  const int device = open(argv[1], O_RDWR | O_CLOEXEC);
  if (device < 0 || ioctl(device, USBDEVFS_CLAIMINTERFACE, &interface) != 0) {
    perror(argv[1]);
    return 1;
  }
  const unsigned char endpoint = (unsigned char)strtoul(argv[2], NULL, 16);
  for (size_t size = READ_BYTES; size >= LEFT_BYTES; size /= 2)
    for (; count < READ_MAX; count++) {
      urbs[count] = (struct usbdevfs_urb){.type = USBDEVFS_URB_TYPE_BULK,
                                          .endpoint = endpoint,
                                          .buffer = buffer,
                                          .buffer_length = (int)size};
      if (ioctl(device, USBDEVFS_SUBMITURB, &urbs[count]) != 0)
        break;
    }
  if (errno != ENOMEM || count == 0) {
    fprintf(stderr, "usb_hog: %zu reads, then %s\n", count, strerror(errno));
    return 1;
  }
  printf("usb_hog: %zu reads, no memory is left\n", count);
  fflush(stdout);
  pause();
  return 0;
}
