/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files under /sys/bus/usb/devices: a folder a device, named after its port. */
#include "stance/usb.h"

#include "usb_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };
static const char folder[] = "/sys/bus/usb/devices";

/* First line of an attribute; "" where there is none. */
static void read_attribute(const char *root, const char *device, const char *name, char *ret_text,
                           size_t size)
{
  char path[PATH_BYTES];
  FILE *file;

  ret_text[0] = '\0';
  snprintf(path, sizeof path, "%s%s/%s/%s", root, folder, device, name);
  file = fopen(path, "r");
  if (file == NULL)
    return;
  if (fgets(ret_text, (int)size, file) == NULL)
    ret_text[0] = '\0';
  ret_text[strcspn(ret_text, "\n")] = '\0';
  for (char *c = ret_text; *c != '\0'; c++) /* a device may call itself anything */
    if (*c < ' ' || *c > '~')
      *c = '?';
  fclose(file);
}

static long read_number(const char *root, const char *device, const char *name, int base)
{
  char text[16], *end;
  read_attribute(root, device, name, text, sizeof text);
  const long number = strtol(text, &end, base);
  return end == text ? -1 : number;
}

static const struct stance_usb_id *find_id(long vendor, long product,
                                           const struct stance_instrument **ret_instrument)
{
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    for (const struct stance_usb_id *id = stance_instruments[k]->ids; id->vendor != 0; id++)
      if (id->vendor == vendor && id->product == product) {
        *ret_instrument = stance_instruments[k];
        return id;
      }
  return NULL;
}

/* Its numbers alone, which the kernel tells without asking the device or waiting for anybody who
   does. False where it is no instrument. */
static bool identify(const char *root, const char *name, struct stance_usb_device *ret_device)
{
  const struct stance_instrument *instrument = NULL;
  const struct stance_usb_id *id = find_id(read_number(root, name, "idVendor", 16),
                                           read_number(root, name, "idProduct", 16), &instrument);

  if (id == NULL)
    return false;
  *ret_device = (struct stance_usb_device){
      .scheme = instrument->kind.scheme, .model = id->model, .generic = id->generic};
  snprintf(ret_device->port, sizeof ret_device->port, "%.31s", name);
  return true;
}

static void describe(const char *root, struct stance_usb_device *device)
{
  const char *name = device->port;
  char path[PATH_BYTES];

  snprintf(device->node, sizeof device->node, "/dev/bus/usb/%03ld/%03ld",
           read_number(root, name, "busnum", 10), read_number(root, name, "devnum", 10));
  read_attribute(root, name, "product", device->product, sizeof device->product);
  snprintf(path, sizeof path, "%s%s", root, device->node);
  device->permitted = access(path, R_OK | W_OK) == 0;
}

static int by_port(const void *left, const void *right)
{
  return strcmp(((const struct stance_usb_device *)left)->port,
                ((const struct stance_usb_device *)right)->port);
}

enum stance_status usb_devices_present(const char *root, struct stance_usb_device **ret_device,
                                       size_t *ret_count)
{
  struct stance_usb_device *found = NULL, device;
  enum stance_status status = STANCE_OK;
  char path[PATH_BYTES];
  size_t count = 0;

  snprintf(path, sizeof path, "%s%s", root, folder);
  DIR *directory = opendir(path);
  for (struct dirent *entry = NULL;
       directory != NULL && status == STANCE_OK && (entry = readdir(directory)) != NULL;) {
    if (!identify(root, entry->d_name, &device))
      continue;
    struct stance_usb_device *grown = realloc(found, (count + 1) * sizeof *found);
    if (grown == NULL) {
      status = STANCE_MEMORY;
      break;
    }
    found = grown;
    found[count++] = device;
  }
  if (directory != NULL)
    closedir(directory);
  if (status != STANCE_OK) {
    free(found);
    return status;
  }
  if (count > 1)
    qsort(found, count, sizeof *found, by_port);
  *ret_device = found;
  *ret_count = count;
  return STANCE_OK;
}

enum stance_status stance_usb_devices(const char *root, struct stance_usb_device **ret_device,
                                      size_t *ret_count)
{
  enum stance_status status = usb_devices_present(root, ret_device, ret_count);

  for (size_t k = 0; status == STANCE_OK && k < *ret_count; k++)
    describe(root, &(*ret_device)[k]);
  return status;
}
