import MilterProtocol
import TraceModel

/// By which an unpacked bundle is known: its trace, and what no other folder of traces has.
package enum BundleFiles {
  package static let ofFolder = [BundleTexts.trace, BundleTexts.sums]
}

/// What a bundle says of itself, and the script in it.
struct BundleTexts {
  static let report = "report.md"
  static let page = "page.html"
  static let trace = "session.mtrace"
  static let script = "replay.sh"
  static let sums = "SHA256SUMS"

  private let input: ExportInput

  init(_ input: ExportInput) { self.input = input }

  var readMe: String {
    """
    # What a milter and its MTA said to each other

    \(privacy)

    | file | |
    |---|---|
    | `\(Self.report)` | what happened, for an issue tracker |
    | `\(Self.page)` | the same as a page for a browser, packet by packet |
    | `\(Self.trace)` | every packet: `mitmilter open \(Self.trace)` |
    | `\(Self.script)` | says it to a milter again, and compares what it answers |
    | `\(Self.sums)` | `sha256sum -c \(Self.sums)` |

    mitmilter takes the bundle as it is, packed or not:

        mitmilter open BUNDLE.tar.gz
        mitmilter replay BUNDLE.tar.gz --milter inet:8891@127.0.0.1
        mitmilter lint BUNDLE.tar.gz

    ## Versions

    \(versions.map { "- \($0)" }.joined(separator: "\n"))

    ## How it was recorded

    \(recorded)

    """
  }

  private var privacy: String {
    input.isRedacted
      ? "Addresses, names and texts are replaced by others of the same shape, the same in all parts."
      : "**Not redacted**: this is mail as it was."
  }

  private var versions: [String] {
    let recorder = input.head.program
    return input.machine
      + (recorder.isEmpty
        ? [] : ["recorded by mitmilter \(InertText.string(escaping: Array(recorder.utf8)))"])
  }

  private var recorded: String {
    let command = input.head.command
    return command.isEmpty ? "Not known." : "    " + command.map(Self.shellWord).joined(separator: " ")
  }

  var replayScript: String {
    """
    #!/bin/sh
    # Says to a milter what the MTA of this trace said, and compares what it answers. Exit status 0: as recorded, 1: not.
    #   sh \(Self.script) inet:8891@127.0.0.1
    #   sh \(Self.script) unix:/run/milter.sock -w after.mtrace
    set -eu
    cd "$(dirname "$0")"
    if [ $# -eq 0 ]; then
      echo "usage: $0 ADDRESS [OPTION]...   (the milter's, and options of mitmilter replay)" >&2
      exit 2
    fi
    address=$1
    shift
    sha256sum --quiet -c \(Self.sums) || exit 2
    ${MITMILTER:-mitmilter} replay \(Self.trace) --milter "$address" "$@"

    """
  }

  /// As a shell takes it for one word; safe to print.
  private static func shellWord(_ word: String) -> String {
    let inert = InertText.string(escaping: Array(word.utf8))
    let isPlain =
      !inert.isEmpty
      && inert.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || "-_./:@=,+%".utf8.contains(byte)
      }
    return isPlain
      ? inert
      : "'" + inert.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
