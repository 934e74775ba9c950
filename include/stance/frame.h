/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One sampling instant, raw or as force. The two are different types, so that nothing
   uncalibrated reaches analysis. */
#ifndef STANCE_FRAME_H
#define STANCE_FRAME_H

#include "stance/side.h"

#include <stdint.h>

enum { STANCE_CHANNEL_COUNT_MAX = 8 };

/* Flags of one frame. The low eight bits say which channel stood at the end of its range. */
#define STANCE_FRAME_SATURATED(channel) (UINT32_C(1) << (channel))
#define STANCE_FRAME_SATURATED_ANY UINT32_C(0xff)
#define STANCE_FRAME_CORRUPT (UINT32_C(1) << 8) /* checksum or length was wrong */
#define STANCE_FRAME_LATE (UINT32_C(1) << 9)    /* came after its place had passed */
#define STANCE_FRAME_INTERPOLATED \
  (UINT32_C(1) << 10) /* made from neighbours on an irregular axis */

/* `index` counts sampling instants of the instrument from 0 and is the clock of the recording:
   lost frames stay lost in place, the index jumps by them. `gap_before` repeats the size of that
   jump (saturating), so that a reader that joins late still sees it.
   `value` is in the instrument's own unit; converter counts are exact integers. */
struct stance_raw_frame {
  uint64_t index;
  uint32_t gap_before;
  uint32_t flags;
  double value[STANCE_CHANNEL_COUNT_MAX];
};

/* NaN for a side that is not measured. */
struct stance_force_frame {
  uint64_t index;
  uint32_t gap_before;
  uint32_t flags;
  double force_n[STANCE_MEASURED_SIDE_COUNT];
};

#endif
