/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal's bytes as keys. F5 is five bytes, two of them digits: a sequence is read to its end,
   so that no part of it means anything. ECMA-48 §5.4; \033O as xterm's "SS3", \033[[ as the
   console's F1 to F5. */
#include "run.h"

/* The bytes of one key come together, over a slow line too; after that it was Escape alone. */
static const int64_t together_ns = 300000000;

static int end_sequence(struct stance_run_sequence *sequence, char byte)
{
  const bool plain = sequence->plain;
  sequence->within = STANCE_SEQUENCE_NONE;
  return plain && byte == 'D'   ? STANCE_KEY_LEFT
         : plain && byte == 'C' ? STANCE_KEY_RIGHT
                                : STANCE_KEY_OTHER;
}

static int go_on(struct stance_run_sequence *sequence, char byte)
{
  switch (sequence->within) {
  case STANCE_SEQUENCE_ESCAPE:
    if (byte == '\033') /* Escape twice */
      return STANCE_KEY_OTHER;
    sequence->plain = byte == '[' || byte == 'O';
    if (!sequence->plain) /* with Alt */
      return end_sequence(sequence, byte);
    sequence->within = byte == '[' ? STANCE_SEQUENCE_CSI : STANCE_SEQUENCE_LAST;
    return STANCE_KEY_NONE;
  case STANCE_SEQUENCE_CSI:
    if (sequence->plain && byte == '[') {
      sequence->plain = false;
      sequence->within = STANCE_SEQUENCE_LAST;
      return STANCE_KEY_NONE;
    }
    if (byte >= '@' && byte <= '~')
      return end_sequence(sequence, byte);
    sequence->plain = false; /* a parameter: with Shift, or a key of another kind */
    return STANCE_KEY_NONE;
  default:
    return end_sequence(sequence, byte);
  }
}

int stance_run_key_of(struct stance_run_sequence *sequence, char byte, int64_t now_ns)
{
  if (now_ns - sequence->byte_ns >= together_ns)
    sequence->within = STANCE_SEQUENCE_NONE;
  sequence->byte_ns = now_ns;
  if (sequence->within != STANCE_SEQUENCE_NONE)
    return go_on(sequence, byte);
  if (byte != '\033')
    return (unsigned char)byte;
  sequence->within = STANCE_SEQUENCE_ESCAPE;
  return STANCE_KEY_NONE;
}
