/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One live test in the terminal: a station leads it, in this process or in stanced; this shows what
   it tells and hands it the keys; private to run_*.c and command_run.c. */
#ifndef STANCE_RUN_H
#define STANCE_RUN_H

#include "daemon_file.h"
#include "report.h"
#include "station.h"
#include "station_view.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { STANCE_RUN_PATH_MAX = 4096, STANCE_RUN_NAME_MAX = 160 };

struct stance_run_arguments {
  const char *protocol;
  struct stance_station_device device[STANCE_STREAM_MAX];
  size_t device_count;
  bool device_given;
  /* The option for whose sake the station must be in this process; NULL: none. */
  const char *own_for;
  bool own; /* because the user wants it so */
  const char *athlete;
  const char *operator_name;
  const char *output; /* folder of the reports */
  const char *side_order;
  double mass_kg, lever_m; /* NaN: not given */
  enum stance_side injured_side;
  bool unattended;
  double duration_s; /* 0: none given */
  const char *sound; /* a part of a card's name; NULL: the system's choice; "none" */
  bool log_commits, json, locale;
  struct stance_setting setting[STANCE_TEST_SETTING_MAX];
  size_t setting_count;
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void stance_run_parse(int argc, char **argv, struct stance_run_arguments *ret_arguments);

/* What is written and printed of a result. */
struct stance_run_reports {
  char name[STANCE_RUN_NAME_MAX]; /* of the files, without folder and suffix; "": there are none */
  struct stance_text layout[STANCE_LAYOUT_COUNT];
  struct stance_text json;
  struct stance_text truth; /* of a simulated rig; empty else */
};
void stance_run_reports_finish(struct stance_run_reports *reports);

/* Where the station is. Both kinds tell the same events and take the same commands. */
struct stance_run_link;
struct stance_run_link_kind {
  /* As stance_station_start, _command and _stop_test. */
  enum stance_status (*start)(struct stance_run_link *link,
                              const struct stance_test_request *request,
                              char ret_id[STANCE_UUID_SIZE], struct stance_problem *problem);
  enum stance_status (*command)(struct stance_run_link *link, const char *id,
                                enum stance_test_command command, int value,
                                struct stance_problem *problem);
  enum stance_status (*stop)(struct stance_run_link *link, const char *id,
                             struct stance_problem *problem);
  /* Waits until it has news, or, where `keys` are watched, until one can be read, which is told. */
  bool (*wait)(struct stance_run_link *link, bool keys, int timeout_ms);
  /* The next event, borrowed until the next call. False: none now; `ret_gone`: none comes any more.
   */
  bool (*next)(struct stance_run_link *link, const char **ret_name, const char **ret_text,
               bool *ret_gone);
  /* Once the result of the test `id` has been told; borrowed until close. */
  enum stance_status (*reports)(struct stance_run_link *link, const char *id,
                                const struct stance_run_reports **ret_reports,
                                struct stance_problem *problem);
  /* Why there is no result of the test `id`, and what has become of it. */
  enum stance_status (*lost)(struct stance_run_link *link, const char *id,
                             struct stance_problem *problem);
  void (*close)(struct stance_run_link *link);
  const char *greeting; /* NULL: none */
  /* What a second Ctrl-C does while the store refuses, as a sentence. */
  const char *on_giving_up;
  bool may_be_left; /* the station goes on without us */
};
struct stance_run_link {
  const struct stance_run_link_kind *kind;
};

/* run_own.c: the station in this process. */
STANCE_MUST_CHECK enum stance_status
stance_run_own_open(const struct stance_run_arguments *arguments, struct stance_run_link **ret_link,
                    struct stance_problem *problem);
/* run_daemon.c: the one at `address`. STANCE_END where it does not answer. */
STANCE_MUST_CHECK enum stance_status
stance_run_daemon_open(const struct stance_run_arguments *arguments,
                       const struct stance_daemon_address *address,
                       struct stance_run_link **ret_link, struct stance_problem *problem);
/* run_choose.c: the daemon's where it has what is asked for, else one of our own. */
STANCE_MUST_CHECK enum stance_status
stance_run_link_open(const struct stance_run_arguments *arguments,
                     struct stance_run_link **ret_link, struct stance_problem *problem);
/* Adds to the problem with an instrument that the daemon is testing with one. */
void stance_run_suspect_daemon(const struct stance_run_arguments *arguments,
                               struct stance_problem *problem);

/* run_sequence.c. A key is a byte, or one of these. */
enum {
  STANCE_KEY_NONE = -1, /* its bytes are not all there */
  STANCE_KEY_LEFT = 256,
  STANCE_KEY_RIGHT,
  STANCE_KEY_OTHER, /* means nothing */
};
struct stance_run_sequence {
  enum {
    STANCE_SEQUENCE_NONE,
    STANCE_SEQUENCE_ESCAPE,
    STANCE_SEQUENCE_CSI,
    STANCE_SEQUENCE_LAST, /* one more byte */
  } within;
  bool plain; /* nothing but introducer and final byte until now */
  int64_t byte_ns;
};
/* What the byte completes. */
int stance_run_key_of(struct stance_run_sequence *sequence, char byte, int64_t now_ns);

struct stance_run {
  const struct stance_run_arguments *arguments;
  struct stance_run_link *link;
  char id[STANCE_UUID_SIZE]; /* of the test */
  struct stance_station_view view;

  /* As last said to the user. */
  bool introduced, instructed, waits_for_store;
  int64_t begun_ns;
  char moment[48];
  struct stance_problem instrument, store, sound;
  double dry_before, dry_said; /* how often the sound had run dry when the test began; in it */

  bool has_terminal, keys_closed; /* of standard input */
  bool goes_alone;                /* the station knows of it */
  bool in_line;                   /* a line of it has begun */
  int typed;                      /* a digit that a second one may follow; -1 */
  int64_t typed_ns;               /* when */
  struct stance_run_sequence sequence;
  bool stopped;     /* the effort that goes on */
  int64_t calm_ns;  /* until then the hand that stopped hammers */
  int64_t state_ns; /* when the state was told */
  int64_t live_ns;  /* when the force was */
  int64_t shown_ns;
  bool shows_live; /* the bar stands on the terminal's last line */
  bool stopping;
  bool left; /* to the daemon, before it had a result */
};

/* run_lead.c: from the first prompt to the result, which the view then has. */
STANCE_MUST_CHECK enum stance_status stance_run_lead(struct stance_run *run,
                                                     struct stance_problem *problem);
/* CLOCK_MONOTONIC. */
int64_t stance_run_now_ns(void);

/* run_signals.c. SIGINT, SIGTERM and SIGHUP ask for an end; each one after the first asks not to
   wait for a store that refuses. */
extern volatile sig_atomic_t stance_run_interrupted;
extern atomic_bool stance_run_give_up;
void stance_run_catch_signals(void);
/* From here on a signal ends the program: everything is committed. */
void stance_run_release_signals(void);

/* run_keys.c. A terminal gives each key at once, anything else lines. */
void stance_run_keys_begin(struct stance_run *run);
void stance_run_keys_end(void);
/* Reads what is there, and gives the station the commands that it means. */
void stance_run_keys_take(struct stance_run *run);
/* Pain is asked: what a hand hits at this moment is no answer. */
void stance_run_keys_calm(struct stance_run *run);
/* What waited for another key, or for somebody at the keys at all. */
void stance_run_keys_tick(struct stance_run *run);

/* run_news.c: says what the event is about. */
void stance_run_say_news(struct stance_run *run, enum stance_station_news news);

/* run_live.c. The bar, ten times a second, where standard error is a terminal. */
void stance_run_live_show(struct stance_run *run);
/* Takes the bar off the terminal. */
void stance_run_live_clear(struct stance_run *run);
/* A line for the clinician on stderr, above the bar. */
STANCE_PRINTF(2, 3) void stance_run_say(struct stance_run *run, const char *format, ...);

/* run_report.c. Makes the folder, with its parents, and proves that a file can be created in it. */
STANCE_MUST_CHECK enum stance_status stance_run_make_folder(const char *path,
                                                            struct stance_problem *problem);
/* The reports as texts. */
void stance_run_reports_make(const struct stance_report *report, const char *truth, bool locale,
                             struct stance_run_reports *ret_reports);
/* Writes them, prints the summary. STANCE_STORE where that cannot be. */
STANCE_MUST_CHECK enum stance_status stance_run_publish(struct stance_run *run,
                                                        const struct stance_run_reports *reports,
                                                        struct stance_problem *problem);

#endif
