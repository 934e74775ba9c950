/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transfer engine as other threads see it: requests to the event thread, and what it tells. */
#include "usb_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void usb_stream_set_context(struct stance_usb_stream *stream, libusb_context *context)
{
  pthread_mutex_lock(&stream->mutex);
  stream->context = context;
  pthread_mutex_unlock(&stream->mutex);
}

void usb_stream_set_state(struct stance_usb_stream *stream, enum stance_source_state state)
{
  pthread_mutex_lock(&stream->mutex);
  stream->source_state = state;
  pthread_mutex_unlock(&stream->mutex);
}

void usb_stream_set_notice(struct stance_usb_stream *stream, const char *text)
{
  pthread_mutex_lock(&stream->mutex);
  snprintf(stream->notice.text, sizeof stream->notice.text, "%s", text);
  pthread_mutex_unlock(&stream->mutex);
}

static enum stance_status wait_for_answer(struct stance_usb_stream *stream,
                                          struct stance_problem *problem)
{
  while (stream->answered != stream->asked)
    pthread_cond_wait(&stream->changed, &stream->mutex);
  if (stream->answer != STANCE_OK)
    return stance_problem_set(problem, stream->answer, "%s", stream->answer_problem.text);
  return STANCE_OK;
}

/* Under the mutex: the context cannot go away meanwhile. */
static void ask(struct stance_usb_stream *stream, enum usb_want want)
{
  stream->want = want;
  stream->asked++;
  atomic_store(&stream->hurry, want != USB_WANT_STREAM);
  if (stream->context != NULL)
    libusb_interrupt_event_handler(stream->context);
  stream->want_ns = stream->clock->now_ns(stream->clock->context);
}

/* The pointers of a URI lead into its text. */
static void copy_uri(struct stance_uri *to, const struct stance_uri *from)
{
  *to = *from;
  to->scheme = to->text + (from->scheme - from->text);
  to->path = to->text + (from->path - from->text);
  for (size_t k = 0; k < from->parameter_count; k++) {
    to->parameter[k].key = to->text + (from->parameter[k].key - from->text);
    to->parameter[k].value = to->text + (from->parameter[k].value - from->text);
  }
}

static void free_stream(struct stance_usb_stream *stream)
{
  if (stream == NULL)
    return;
  pthread_cond_destroy(&stream->changed);
  pthread_mutex_destroy(&stream->mutex);
  pthread_mutex_destroy(&stream->lifecycle);
  usb_flow_finish(&stream->flow);
  free(stream->state);
  free(stream);
}

static struct stance_usb_stream *make_stream(const struct stance_instrument *instrument,
                                             const struct stance_uri *uri, const char *port,
                                             const struct stance_clock *clock)
{
  struct stance_usb_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL)
    return NULL;
  stream->clock = clock;
  stream->instrument = instrument;
  copy_uri(&stream->uri, uri);
  if (port[0] != '\0') {
    snprintf(stream->port, sizeof stream->port, "%s", port);
    stream->uri.path = stream->port;
  }
  pthread_mutex_init(&stream->lifecycle, NULL);
  pthread_mutex_init(&stream->mutex, NULL);
  pthread_cond_init(&stream->changed, NULL);
  stream->state = calloc(1, instrument->state_size);
  if (stream->state == NULL || !usb_flow_init(&stream->flow, instrument, clock, stream->state)) {
    free_stream(stream);
    return NULL;
  }
  stream->wish = (struct usb_wish){
      .instrument = instrument,
      .clock = clock,
      .uri = &stream->uri,
      .hurry = &stream->hurry,
      .state = stream->state,
  };
  if (!usb_is_port(stream->uri.path))
    snprintf(stream->wish.serial, sizeof stream->wish.serial, "%s", stream->uri.path);
  return stream;
}

/* Signals belong to the program's own threads. */
static bool create_thread(struct stance_usb_stream *stream)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&stream->thread, NULL, usb_machine_run, stream);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0;
}

/* `port`: what a terminal's name in the URI stands for; "" where it names none. */
static enum stance_status
open_at(const struct stance_instrument *instrument, const struct stance_uri *uri, const char *port,
        const struct stance_clock *clock, struct stance_source_info *ret_info,
        struct stance_usb_stream **ret_stream, struct stance_problem *problem)
{
  struct stance_usb_stream *stream = make_stream(instrument, uri, port, clock);
  if (stream == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  snprintf(stream->info.uri, sizeof stream->info.uri, "%s", ret_info->uri);
  stream->asked = 1;
  if (!create_thread(stream)) {
    free_stream(stream);
    return stance_problem_set(problem, STANCE_MEMORY,
                              "no thread could be started for the instrument; close other "
                              "programs");
  }
  pthread_mutex_lock(&stream->mutex);
  const enum stance_status status = wait_for_answer(stream, problem);
  pthread_mutex_unlock(&stream->mutex);
  if (status != STANCE_OK) {
    pthread_join(stream->thread, NULL);
    free_stream(stream);
    return status;
  }
  *ret_info = stream->info;
  *ret_stream = stream;
  return STANCE_OK;
}

enum stance_status
stance_usb_stream_open(const struct stance_instrument *instrument, const struct stance_uri *uri,
                       const struct stance_clock *clock, struct stance_source_info *ret_info,
                       struct stance_usb_stream **ret_stream, struct stance_problem *problem)
{
  return open_at(instrument, uri, "", clock, ret_info, ret_stream, problem);
}

static enum stance_status open_by_scheme(const struct stance_uri *uri,
                                         const struct stance_clock *clock,
                                         struct stance_source_info *ret_info, void **ret_state,
                                         struct stance_problem *problem)
{
  const struct stance_instrument *instrument = NULL;
  struct stance_usb_stream *stream = NULL;
  enum stance_status status = STANCE_OK;
  char port[sizeof stream->port] = "";
  if (uri->path[0] == '/')
    status = usb_port_of_terminal("", uri->path, port, sizeof port, problem);
  if (status != STANCE_OK)
    return status;
  if (strcmp(uri->scheme, "usb") == 0)
    instrument = usb_first_present(stance_instruments, port[0] == '\0' ? uri->path : port);
  for (size_t k = 0; instrument == NULL && stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, uri->scheme) == 0)
      instrument = stance_instruments[k];
  if (instrument == NULL)
    return usb_complain_missing(NULL, "", "", problem);
  status = open_at(instrument, uri, port, clock, ret_info, &stream, problem);
  if (status == STANCE_OK)
    *ret_state = stream;
  return status;
}

static enum stance_status start(void *state, struct stance_frame_ring *const *rings,
                                size_t ring_count, struct stance_problem *problem)
{
  struct stance_usb_stream *stream = state;
  enum stance_status status;
  pthread_mutex_lock(&stream->lifecycle);
  pthread_mutex_lock(&stream->mutex);
  if (stream->want == USB_WANT_STREAM) {
    status = stance_problem_set(problem, STANCE_USAGE,
                                "the source already runs; stop it before starting it again");
  } else {
    for (size_t k = 0; k < ring_count; k++)
      stream->ring[k] = rings[k];
    stream->ring_count = ring_count;
    stream->failed = stream->ended = false;
    stream->interruptions = 0;
    ask(stream, USB_WANT_STREAM);
    status = wait_for_answer(stream, problem);
  }
  pthread_mutex_unlock(&stream->mutex);
  pthread_mutex_unlock(&stream->lifecycle);
  return status;
}

static void stop(void *state)
{
  struct stance_usb_stream *stream = state;
  pthread_mutex_lock(&stream->lifecycle);
  pthread_mutex_lock(&stream->mutex);
  if (stream->want == USB_WANT_STREAM) {
    ask(stream, USB_WANT_READY);
    /* To stop cannot fail. */
    while (stream->answered != stream->asked)
      pthread_cond_wait(&stream->changed, &stream->mutex);
  }
  pthread_mutex_unlock(&stream->mutex);
  pthread_mutex_unlock(&stream->lifecycle);
}

/* The most urgent of what there is to say. */
static void choose_notice(const struct stance_usb_stream *stream, uint32_t warnings,
                          struct stance_problem *ret_notice)
{
  const char *text = "";
  if (stream->notice.text[0] != '\0')
    text = stream->notice.text;
  else if ((warnings & STANCE_WARNING_OVERLOAD) != 0)
    text = "The sensor is overloaded: take the load off; its numbers are not to be used.";
  else if ((warnings & STANCE_WARNING_OVERRUN) != 0)
    text = "The instrument lost samples before they were sent; they are kept as gaps.";
  else if ((warnings & STANCE_WARNING_BACKLOG) != 0)
    text = "The instrument's buffer is over half full: close other programs on this computer.";
  else if (stream->memory_short)
    text = "The kernel has little memory for USB transfers: a busy computer may cost samples. Run "
           "`echo 64 | sudo tee /sys/module/usbcore/parameters/usbfs_memory_mb`.";
  else if (stream->no_realtime)
    text = "This user may not run real-time threads: a busy computer may cost samples. Put "
           "`@audio - rtprio 20` into /etc/security/limits.d/stance.conf, join the group audio, "
           "log in again.";
  snprintf(ret_notice->text, sizeof ret_notice->text, "%s", text);
}

static void health(const void *state, struct stance_source_health *ret_health)
{
  /* The mutex is the stream's own business. */
  struct stance_usb_stream *stream = (struct stance_usb_stream *)(uintptr_t)state;
  struct usb_tally tally;
  pthread_mutex_lock(&stream->mutex);
  /* In this order: whoever sees `ended` sees the last counts too. */
  const bool ended = stream->ended;
  usb_account_read(&stream->flow.account, &tally);
  *ret_health = (struct stance_source_health){
      .frames_produced = tally.produced,
      .frames_lost = tally.lost,
      .frames_corrupt = tally.corrupt,
      .frames_duplicated = tally.duplicated,
      .interruptions = stream->interruptions,
      .state = stream->source_state,
      .backlog_pct = tally.backlog_pct,
      .ended = ended,
      .failed = stream->failed,
  };
  choose_notice(stream, tally.warnings, &ret_health->notice);
  if (stream->failed)
    ret_health->problem = stream->failure;
  pthread_mutex_unlock(&stream->mutex);
}

static bool take_mark(void *state, struct stance_clock_mark *ret_mark)
{
  struct stance_usb_stream *stream = state;
  return stance_clock_loop_take_mark(atomic_load_explicit(&stream->flow.time, memory_order_acquire),
                                     ret_mark);
}

static void destroy(void *state)
{
  struct stance_usb_stream *stream = state;
  pthread_mutex_lock(&stream->mutex);
  ask(stream, USB_WANT_QUIT);
  pthread_mutex_unlock(&stream->mutex);
  pthread_join(stream->thread, NULL);
  free_stream(stream);
}

const struct stance_source_driver stance_usb_driver = {
    .kind = {.scheme = "usb",
             .summary = "the first supported USB instrument that is plugged in",
             .example = "usb:"},
    .open = open_by_scheme,
    .start = start,
    .stop = stop,
    .health = health,
    .take_mark = take_mark,
    .destroy = destroy,
};
