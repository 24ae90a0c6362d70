/* A libmilter program that does whatever the mail in hand asks it to.
 *
 *   actionmilter -p SOCKET [-l LOG] [-c TEXT] [-o WORD,WORD...]
 *
 * Verdicts. "at-STAGE-VERDICT" in a HELO name (stage helo), a sender (mail, data), a recipient (rcpt), an
 * unknown SMTP command (unknown) or an X-Act header (header, eoh, body, eom) makes that stage return VERDICT,
 * a row of `verdicts`. -c "at-connect-VERDICT" does so for connect.
 *
 * Modifications. Each "X-Act: VERB|ARGUMENT|ARGUMENT" header is performed at the end of the message, in order;
 * the verbs are rows of `acts`. %XX is an octet, "*N" as a whole argument stands for N octets of text.
 *
 * -o chooses what is negotiated: rows of `options`, and
 *   symlist   ask for macros of our own choice        passive   ask for no action at all
 *   classic   no negotiation callback                 v2        what an old program with version 2 declares
 *   bigbody   body chunks of up to 1 MiB
 *
 * -l: a line "CONNECTION CALLBACK BYTES" for every callback, in the order they came.
 */
#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_ACTS 64

struct session {
  unsigned long number;
  char sender[512];
  char *acts[MOST_ACTS];
  int act_count;
  unsigned long body_bytes, body_chunks;
};

static FILE *log_file;
static const char *connect_verdict = "";
static const char *chosen = "";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long sessions;

static int chose(const char *word) {
  size_t length = strlen(word);
  for (const char *at = chosen; (at = strstr(at, word)) != NULL; at += length)
    if ((at == chosen || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
  return 0;
}

static struct session *session_of(SMFICTX *ctx) {
  struct session *session = smfi_getpriv(ctx);
  if (session == NULL) {
    session = calloc(1, sizeof *session);
    if (session == NULL) abort();
    pthread_mutex_lock(&lock);
    session->number = ++sessions;
    pthread_mutex_unlock(&lock);
    smfi_setpriv(ctx, session);
  }
  return session;
}

static void forget_message(struct session *session) {
  for (int i = 0; i < session->act_count; i++) free(session->acts[i]);
  session->act_count = 0;
  session->body_bytes = session->body_chunks = 0;
}

static struct session *called(SMFICTX *ctx, const char *callback, size_t bytes) {
  struct session *session = session_of(ctx);
  if (log_file) fprintf(log_file, "%lu %s %zu\n", session->number, callback, bytes);
  return session;
}

/* ---- verdicts ---- */

enum special { NOTHING, DIES, HANGS };
static const struct verdict {
  const char *name;
  sfsistat status;
  const char *code, *enhanced, *text, *more;
  enum special special;
} verdicts[] = {
    {"continue", SMFIS_CONTINUE, 0, 0, 0, 0, NOTHING},
    {"accept", SMFIS_ACCEPT, 0, 0, 0, 0, NOTHING},
    {"reject", SMFIS_REJECT, 0, 0, 0, 0, NOTHING},
    {"tempfail", SMFIS_TEMPFAIL, 0, 0, 0, 0, NOTHING},
    {"discard", SMFIS_DISCARD, 0, 0, 0, 0, NOTHING},
    {"skip", SMFIS_SKIP, 0, 0, 0, 0, NOTHING},
    {"reply5", SMFIS_REJECT, "554", "5.7.1", "not wanted here, 100%% certain", 0, NOTHING},
    {"reply4", SMFIS_TEMPFAIL, "451", "4.7.1", "come back later", 0, NOTHING},
    {"lines", SMFIS_REJECT, "550", "5.7.1", "one of two lines", "two of two lines", NOTHING},
    {"shutdown", SMFIS_TEMPFAIL, "421", "4.3.2", "closing now", 0, NOTHING},
    {"die", SMFIS_CONTINUE, 0, 0, 0, 0, DIES},
    {"hang", SMFIS_CONTINUE, 0, 0, 0, 0, HANGS},
};

/* The verdict that `text` asks for at `stage`, else `otherwise`. */
static sfsistat decide(SMFICTX *ctx, const char *text, const char *stage, sfsistat otherwise) {
  char mark[32];
  int length = snprintf(mark, sizeof mark, "at-%s-", stage);
  const char *found = text ? strstr(text, mark) : NULL;
  if (found == NULL) return otherwise;
  found += length;
  size_t word = strspn(found, "abcdefghijklmnopqrstuvwxyz0123456789");
  for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
    const struct verdict *v = &verdicts[i];
    if (strlen(v->name) != word || strncmp(v->name, found, word) != 0) continue;
    if (v->special == DIES) _exit(3);
    if (v->special == HANGS) poll(NULL, 0, 600000);
    if (v->more)
      smfi_setmlreply(ctx, (char *)v->code, (char *)v->enhanced, v->text, v->more, NULL);
    else if (v->code)
      smfi_setreply(ctx, (char *)v->code, (char *)v->enhanced, (char *)v->text);
    return v->status;
  }
  fprintf(stderr, "actionmilter: no such verdict: %s\n", found);
  return otherwise;
}

static sfsistat decide_by_acts(SMFICTX *ctx, struct session *session, const char *stage, sfsistat otherwise) {
  for (int i = 0; i < session->act_count; i++) {
    char mark[32];
    snprintf(mark, sizeof mark, "at-%s-", stage);
    if (strstr(session->acts[i], mark)) return decide(ctx, session->acts[i], stage, otherwise);
  }
  return otherwise;
}

static sfsistat usual(void) { return chose("nr") ? SMFIS_NOREPLY : SMFIS_CONTINUE; }

/* ---- modifications ---- */

/* One argument, decoded in place or made up; *length is set, the caller frees. */
static char *argument(const char *text, size_t *length) {
  if (text[0] == '*') {
    *length = strtoul(text + 1, NULL, 10);
    char *made = malloc(*length + 1);
    if (made == NULL) abort();
    for (size_t i = 0; i < *length; i++)
      made[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : (char)('a' + i / 64 % 26);
    made[*length] = 0;
    return made;
  }
  char *out = malloc(strlen(text) + 1), *to = out;
  if (out == NULL) abort();
  for (; *text; text++) {
    unsigned octet;
    if (*text == '%' && sscanf(text + 1, "%2x", &octet) == 1) {
      *to++ = (char)octet;
      text += 2;
    } else {
      *to++ = *text;
    }
  }
  *to = 0;
  *length = (size_t)(to - out);
  return out;
}

typedef int act(SMFICTX *ctx, struct session *session, char **arguments, size_t *lengths);

static int add_header(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_addheader(ctx, a[0], a[1]);
}
static int insert_header(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_insheader(ctx, atoi(a[0]), a[1], a[2]);
}
static int change_header(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_chgheader(ctx, a[0], atoi(a[1]), a[2]);
}
static int delete_header(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_chgheader(ctx, a[0], atoi(a[1]), NULL);
}
static int change_from(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s;
  return smfi_chgfrom(ctx, a[0], n[1] ? a[1] : NULL);
}
static int add_recipient(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s;
  return n[1] ? smfi_addrcpt_par(ctx, a[0], a[1]) : smfi_addrcpt(ctx, a[0]);
}
static int delete_recipient(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_delrcpt(ctx, a[0]);
}
static int replace_body(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s;
  return smfi_replacebody(ctx, (unsigned char *)a[0], (int)n[0]);
}
static int quarantine(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  return smfi_quarantine(ctx, a[0]);
}
static int progress(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)a, (void)n;
  return smfi_progress(ctx);
}
static int tell_macro(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)s, (void)n;
  const char *value = smfi_getsymval(ctx, a[0]);
  char text[600];
  snprintf(text, sizeof text, "%s=%.500s", a[0], value ? value : "(none)");
  return smfi_addheader(ctx, "X-Macro", text);
}
static int tell_body(SMFICTX *ctx, struct session *s, char **a, size_t *n) {
  (void)a, (void)n;
  char text[80];
  snprintf(text, sizeof text, "%lu octets in %lu chunks", s->body_bytes, s->body_chunks);
  return smfi_addheader(ctx, "X-Body", text);
}

static const struct {
  const char *verb;
  act *perform;
} acts[] = {
    {"addheader", add_header},   {"insheader", insert_header}, {"chgheader", change_header},
    {"delheader", delete_header}, {"chgfrom", change_from},     {"addrcpt", add_recipient},
    {"delrcpt", delete_recipient}, {"replacebody", replace_body}, {"quarantine", quarantine},
    {"progress", progress},      {"macro", tell_macro},        {"body", tell_body},
};

static void perform(SMFICTX *ctx, struct session *session, const char *text) {
  char *copy = strdup(text), *rest = copy, *arguments[3];
  size_t lengths[3];
  if (copy == NULL) abort();
  char *verb = strsep(&rest, "|");
  for (int i = 0; i < 3; i++) {
    char *next = strsep(&rest, "|");
    arguments[i] = argument(next ? next : "", &lengths[i]);
  }
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
    if (strcmp(acts[i].verb, verb) != 0) continue;
    int result = acts[i].perform(ctx, session, arguments, lengths);
    if (log_file) fprintf(log_file, "%lu =%s %d\n", session->number, verb, result);
  }
  for (int i = 0; i < 3; i++) free(arguments[i]);
  free(copy);
}

/* ---- callbacks ---- */

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address) {
  (void)address;
  called(ctx, "connect", strlen(host));
  return decide(ctx, connect_verdict, "connect", usual());
}
static sfsistat on_helo(SMFICTX *ctx, char *name) {
  called(ctx, "helo", strlen(name));
  return decide(ctx, name, "helo", usual());
}
static sfsistat on_mail(SMFICTX *ctx, char **arguments) {
  struct session *session = called(ctx, "mail", strlen(arguments[0]));
  forget_message(session);
  snprintf(session->sender, sizeof session->sender, "%s", arguments[0]);
  return decide(ctx, arguments[0], "mail", usual());
}
static sfsistat on_rcpt(SMFICTX *ctx, char **arguments) {
  called(ctx, "rcpt", strlen(arguments[0]));
  return decide(ctx, arguments[0], "rcpt", usual());
}
static sfsistat on_data(SMFICTX *ctx) {
  struct session *session = called(ctx, "data", 0);
  return decide(ctx, session->sender, "data", usual());
}
static sfsistat on_unknown(SMFICTX *ctx, const char *command) {
  called(ctx, "unknown", strlen(command));
  return decide(ctx, command, "unknown", usual());
}
static sfsistat on_header(SMFICTX *ctx, char *name, char *value) {
  struct session *session = called(ctx, "header", strlen(name) + strlen(value));
  if (strcasecmp(name, "X-Act") == 0 && session->act_count < MOST_ACTS) {
    while (*value == ' ') value++;
    session->acts[session->act_count++] = strdup(value);
    return decide(ctx, value, "header", usual());
  }
  return usual();
}
static sfsistat on_end_of_headers(SMFICTX *ctx) {
  return decide_by_acts(ctx, called(ctx, "eoh", 0), "eoh", usual());
}
static sfsistat on_body(SMFICTX *ctx, unsigned char *chunk, size_t bytes) {
  (void)chunk;
  struct session *session = called(ctx, "body", bytes);
  session->body_bytes += bytes;
  session->body_chunks++;
  return decide_by_acts(ctx, session, "body", usual());
}
static sfsistat on_end_of_message(SMFICTX *ctx) {
  struct session *session = called(ctx, "eom", 0);
  for (int i = 0; i < session->act_count; i++) perform(ctx, session, session->acts[i]);
  return decide_by_acts(ctx, session, "eom", SMFIS_CONTINUE);
}
static sfsistat on_abort(SMFICTX *ctx) {
  forget_message(called(ctx, "abort", 0));
  return SMFIS_CONTINUE;
}
static sfsistat on_close(SMFICTX *ctx) {
  struct session *session = smfi_getpriv(ctx);
  if (session) {
    called(ctx, "close", 0);
    forget_message(session);
    free(session);
    smfi_setpriv(ctx, NULL);
  }
  return SMFIS_CONTINUE;
}

/* ---- negotiation ---- */

static const struct {
  const char *word;
  unsigned long bits;
} options[] = {
    {"nr", SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |
               SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY},
    {"leadspace", SMFIP_HDR_LEADSPC},
    {"rcptrej", SMFIP_RCPT_REJ},
    {"noconnect", SMFIP_NOCONNECT},
    {"nohelo", SMFIP_NOHELO},
    {"nomail", SMFIP_NOMAIL},
    {"norcpt", SMFIP_NORCPT},
    {"nobody", SMFIP_NOBODY},
    {"noheaders", SMFIP_NOHDRS},
    {"noeoh", SMFIP_NOEOH},
    {"nounknown", SMFIP_NOUNKNOWN},
    {"nodata", SMFIP_NODATA},
};

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
                             unsigned long f3, unsigned long *want_actions, unsigned long *want_steps,
                             unsigned long *want2, unsigned long *want3) {
  (void)f2, (void)f3;
  called(ctx, "negotiate", 0);
  unsigned long want = SMFIP_SKIP;
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    if (chose(options[i].word)) want |= options[i].bits;
  *want_actions = chose("passive") ? 0 : actions;
  *want_steps = want & steps;
  *want2 = *want3 = 0;
  if (chose("symlist")) {
    smfi_setsymlist(ctx, SMFIM_CONNECT, "j {client_addr} {client_port}");
    smfi_setsymlist(ctx, SMFIM_HELO, "{tls_version}");
    smfi_setsymlist(ctx, SMFIM_ENVFROM, "i {mail_addr}");
    smfi_setsymlist(ctx, SMFIM_ENVRCPT, "{rcpt_addr} {rcpt_host}");
    smfi_setsymlist(ctx, SMFIM_EOM, "i {msg_id}");
  }
  return SMFIS_CONTINUE;
}

static struct smfiDesc description = {
    "actionmilter", SMFI_VERSION, 0,        on_connect,        on_helo,  on_mail,  on_rcpt,    on_header,
    on_end_of_headers, on_body,   on_end_of_message, on_abort, on_close, on_unknown, on_data, on_negotiate,
};

int main(int argc, char **argv) {
  char *socket = NULL;
  for (int option; (option = getopt(argc, argv, "p:l:c:o:")) != -1;) {
    switch (option) {
      case 'p': socket = optarg; break;
      case 'c': connect_verdict = optarg; break;
      case 'o': chosen = optarg; break;
      case 'l':
        log_file = fopen(optarg, "a");
        if (log_file == NULL) return 2;
        setvbuf(log_file, NULL, _IOLBF, 0);
        break;
      default: return 2;
    }
  }
  if (socket == NULL) {
    fputs("usage: actionmilter -p SOCKET [-l LOG] [-c TEXT] [-o WORD,WORD...]\n", stderr);
    return 2;
  }
  description.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR |
                           SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_CHGFROM | SMFIF_SETSYMLIST;
  if (chose("classic") || chose("v2")) description.xxfi_negotiate = NULL;
  if (chose("v2")) {
    description.xxfi_version = 2;
    description.xxfi_unknown = NULL;
    description.xxfi_data = NULL;
  }
  if (chose("bigbody")) smfi_setmaxdatasize(1024 * 1024 - 1);
  umask(0);
  smfi_setconn(socket);
  if (smfi_register(description) != MI_SUCCESS) {
    fputs("actionmilter: registration failed\n", stderr);
    return 1;
  }
  return smfi_main();
}
