/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of an instrument through its decoder, checksums included, into one ring: instructions a
   channel sample, counted by callgrind (this program runs itself under it), so that no other work
   on the machine disturbs. */
#include "labjack.h"
#include "mcc.h"
#include "measure.h"

#include <string.h>

enum { PACKETS = 2000, LABJACK_BYTES = 64, READ_EVERY = 20, RING_FRAMES = 4096 };
/* As the project asks of the way from the transfer callback through the ring. */
static const double wanted = 60;

struct bench {
  struct stance_frame_sink sink;
  struct stance_raw_frame frame[RING_FRAMES];
  uint8_t bytes[PACKETS][LABJACK_BYTES];
};

static void read_ring(struct bench *bench)
{
  while (stance_frame_ring_read(bench->sink.ring[0], bench->frame, RING_FRAMES) > 0)
    continue;
}

/* Full packets of 25 samples, away from the ends of the range. */
static void make_labjack_packets(struct bench *bench)
{
  for (unsigned k = 0; k < PACKETS; k++) {
    uint8_t *packet = bench->bytes[k];
    memset(packet, 0, LABJACK_BYTES);
    packet[1] = 0xf9;
    packet[2] = 4 + STANCE_LABJACK_SAMPLES_MAX;
    packet[3] = 0xc0;
    packet[10] = (uint8_t)k;
    for (unsigned j = 0; j < 2 * STANCE_LABJACK_SAMPLES_MAX; j++)
      packet[12 + j] = (uint8_t)(0x40 + (k * 31 + j * 7) % 64);
    stance_labjack_seal(packet, LABJACK_BYTES);
  }
}

static void run_labjack(struct bench *bench, size_t channel_count)
{
  struct stance_labjack_stream stream = {.channel_count = channel_count,
                                         .samples_per_packet = STANCE_LABJACK_SAMPLES_MAX,
                                         .highest_code = UINT16_MAX};
  for (unsigned k = 0; k < PACKETS; k++) {
    stance_labjack_stream_decode(&stream, bench->bytes[k], LABJACK_BYTES, &bench->sink);
    if (k % READ_EVERY == 0)
      read_ring(bench);
  }
}

static void run_mcc(struct bench *bench, size_t channel_count)
{
  struct stance_mcc_stream stream = {.sampled_count = channel_count,
                                     .highest_code = UINT16_MAX,
                                     .place = {0, 1, 2, 3, 4, 5, 6, 7}};
  for (unsigned k = 0; k < PACKETS; k++) {
    stance_mcc_stream_decode(&stream, bench->bytes[k], LABJACK_BYTES, &bench->sink);
    if (k % READ_EVERY == 0)
      read_ring(bench);
  }
}

static int run(const char *kind, size_t channel_count)
{
  static struct bench bench;

  bench.sink.channel_count = channel_count;
  bench.sink.ring_count = 1;
  if (stance_frame_ring_create(RING_FRAMES, &bench.sink.ring[0]) != STANCE_OK)
    return 1;
  make_labjack_packets(&bench);
  if (strcmp(kind, "labjack") == 0)
    run_labjack(&bench, channel_count);
  else
    run_mcc(&bench, channel_count);
  stance_frame_ring_destroy(bench.sink.ring[0]);
  return bench.sink.lost == 0 ? 0 : 1;
}

/* Instructions of all packets; 0 where callgrind is not installed. */
static double count_instructions(const char *program, const char *kind, size_t channel_count)
{
  char command[1024], line[256];
  double count = 0;

  snprintf(command, sizeof command,
           "valgrind --tool=callgrind --callgrind-out-file=/dev/null "
           "--toggle-collect=stance_%s_stream_decode '%s' %s %zu 2>&1",
           kind, program, kind, channel_count);
  FILE *pipe = popen(command, "r");
  if (pipe == NULL)
    return 0;
  while (fgets(line, sizeof line, pipe) != NULL) {
    const char *collected = strstr(line, "Collected : ");
    if (collected != NULL)
      count = strtod(collected + strlen("Collected : "), NULL);
  }
  return pclose(pipe) == 0 ? count : 0;
}

static bool measure(const char *program, const char *kind, size_t channel_count,
                    double samples_per_packet)
{
  const double count = count_instructions(program, kind, channel_count);
  const double each = count / PACKETS / samples_per_packet;
  char what[64];

  snprintf(what, sizeof what, "decode %s, %zu channels", kind, channel_count);
  if (count <= 0) {
    print_skipped(what, "valgrind", "<= 60 instructions");
    return true;
  }
  printf("%s | %.1f instructions a channel sample | | | <= %g | %s\n", what, each, wanted,
         each <= wanted ? "ok" : "MISSED");
  return each <= wanted;
}

int main(int argument_count, char **argument)
{
  static const size_t channels[] = {1, 2, 4, 8};
  bool holds = true;

  if (argument_count == 3)
    return run(argument[1], strtoul(argument[2], NULL, 10));
  for (size_t k = 0; k < sizeof channels / sizeof channels[0]; k++) {
    holds &= measure(argument[0], "labjack", channels[k], STANCE_LABJACK_SAMPLES_MAX);
    holds &= measure(argument[0], "mcc", channels[k], LABJACK_BYTES / 2.0);
  }
  return holds ? 0 : 1;
}
