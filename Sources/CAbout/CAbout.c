// The pages of docs/ as they are, so that a program without its folder has them; and what a package says it was built from.
#include "CAbout.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char asking[] = {
#embed "../../docs/asking.md"
};
static const unsigned char attach[] = {
#embed "../../docs/attach.md"
};
static const unsigned char chain[] = {
#embed "../../docs/chain.md"
};
static const unsigned char ci[] = {
#embed "../../docs/ci.md"
};
static const unsigned char desk[] = {
#embed "../../docs/desk.md"
};
static const unsigned char diff[] = {
#embed "../../docs/diff.md"
};
static const unsigned char doctor[] = {
#embed "../../docs/doctor.md"
};
static const unsigned char effects[] = {
#embed "../../docs/effects.md"
};
static const unsigned char explain[] = {
#embed "../../docs/explain.md"
};
static const unsigned char exports[] = {
#embed "../../docs/exports.md"
};
static const unsigned char faults[] = {
#embed "../../docs/faults.md"
};
static const unsigned char filters[] = {
#embed "../../docs/filters.md"
};
static const unsigned char findings[] = {
#embed "../../docs/findings.md"
};
static const unsigned char fleet[] = {
#embed "../../docs/fleet.md"
};
static const unsigned char guide[] = {
#embed "../../docs/guide.md"
};
static const unsigned char holding[] = {
#embed "../../docs/holding.md"
};
static const unsigned char instructions[] = {
#embed "../../docs/instructions.md"
};
static const unsigned char keys[] = {
#embed "../../docs/keys.md"
};
static const unsigned char lint[] = {
#embed "../../docs/lint.md"
};
static const unsigned char log_lines[] = {
#embed "../../docs/log-lines.md"
};
static const unsigned char milter[] = {
#embed "../../docs/milter.md"
};
static const unsigned char mtas[] = {
#embed "../../docs/mtas.md"
};
static const unsigned char postmaster[] = {
#embed "../../docs/postmaster.md"
};
static const unsigned char protocol[] = {
#embed "../../docs/protocol.md"
};
static const unsigned char redaction[] = {
#embed "../../docs/redaction.md"
};
static const unsigned char replay[] = {
#embed "../../docs/replay.md"
};
static const unsigned char security[] = {
#embed "../../docs/security.md"
};
static const unsigned char send[] = {
#embed "../../docs/send.md"
};
static const unsigned char shadow[] = {
#embed "../../docs/shadow.md"
};
static const unsigned char trace_format[] = {
#embed "../../docs/trace-format.md"
};
static const unsigned char words[] = {
#embed "../../docs/words.md"
};
static const unsigned char recipes[] = {
#embed "../../docs/recipes/README.md"
};

static const struct about_page pages[] = {
    {"asking", asking, sizeof asking},
    {"attach", attach, sizeof attach},
    {"chain", chain, sizeof chain},
    {"ci", ci, sizeof ci},
    {"desk", desk, sizeof desk},
    {"diff", diff, sizeof diff},
    {"doctor", doctor, sizeof doctor},
    {"effects", effects, sizeof effects},
    {"explain", explain, sizeof explain},
    {"exports", exports, sizeof exports},
    {"faults", faults, sizeof faults},
    {"filters", filters, sizeof filters},
    {"findings", findings, sizeof findings},
    {"fleet", fleet, sizeof fleet},
    {"guide", guide, sizeof guide},
    {"holding", holding, sizeof holding},
    {"instructions", instructions, sizeof instructions},
    {"keys", keys, sizeof keys},
    {"lint", lint, sizeof lint},
    {"log-lines", log_lines, sizeof log_lines},
    {"milter", milter, sizeof milter},
    {"mtas", mtas, sizeof mtas},
    {"postmaster", postmaster, sizeof postmaster},
    {"protocol", protocol, sizeof protocol},
    {"recipes", recipes, sizeof recipes},
    {"redaction", redaction, sizeof redaction},
    {"replay", replay, sizeof replay},
    {"security", security, sizeof security},
    {"send", send, sizeof send},
    {"shadow", shadow, sizeof shadow},
    {"trace-format", trace_format, sizeof trace_format},
    {"words", words, sizeof words},
};

struct about_page about_page(size_t index) {
  struct about_page none = {0, 0, 0};
  return index < sizeof pages / sizeof *pages ? pages[index] : none;
}

#ifndef MITMILTER_COMMIT
#define MITMILTER_COMMIT ""
#endif
#ifndef MITMILTER_BUILD
#define MITMILTER_BUILD ""
#endif

const char *about_commit(void) { return MITMILTER_COMMIT; }
const char *about_build(void) { return MITMILTER_BUILD; }
