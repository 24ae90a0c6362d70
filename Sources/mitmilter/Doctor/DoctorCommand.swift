import ArgumentParser
import Glibc
import MTAConfiguration
import ProxyRuntime
import TraceFormat

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what keeps a milter from its work, and the line that mends it.",
    discussion: """
      doctor ADDRESS asks the milter there as Postfix and as Sendmail would, with a mail that is aborted before its end.
      doctor --postfix [DIR] judges main.cf and master.cf (in /etc/postfix), and the milters that they name.
      doctor --sendmail [FILE] judges a sendmail.mc or sendmail.cf (/etc/mail/sendmail.cf) likewise.
      Reads and asks only: it changes nothing, sends no mail, and waits for nobody longer than 10 seconds.
      Exit status: 0 nothing is wrong, 1 something is, 2 it could not look.
      """)

  @Argument(help: "A milter's address in any spelling, or the place of a configuration.")
  var place: String?

  @Flag(help: "Judge Postfix's configuration.")
  var postfix = false

  @Flag(help: "Judge Sendmail's configuration.")
  var sendmail = false

  @Flag(help: "One object of JSON, for programs.")
  var json = false

  @Flag(help: "No colours; NO_COLOR does the same.")
  var noColor = false

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let diagnosis = try diagnosis()
    let output = Output()
    if json {
      output.append { DiagnosisJSON.append(diagnosis, to: &$0) }
    } else {
      output.write(DiagnosisText(hasColours: !noColor && Output.takesColours).text(diagnosis))
    }
    output.flush()
    if !diagnosis.isSound { throw ExitCode(1) }
  }

  private func diagnosis() throws -> Diagnosis {
    guard !postfix || !sendmail else {
      throw Failure("--postfix and --sendmail are two questions", hint: "ask one after the other")
    }
    if sendmail {
      let path = place ?? "/etc/mail/sendmail.cf"
      let text = String(decoding: try wholeFile(path, limit: 4 << 20), as: UTF8.self)
      let machine = Machine()
      let whole = M4Includes(in: text, of: path) { machine.text(of: $0) }
      let configuration = SendmailConfiguration(whole.text)
      guard configuration.isOne else {
        throw Failure(
          "'\(ListingText.inert(path))' is neither a sendmail.cf nor a sendmail.mc: it sets nothing of either",
          hint: "the usual one is /etc/mail/sendmail.cf")
      }
      var diagnosis = Diagnosis(of: configuration, in: machine)
      for path in whole.circular {
        diagnosis.add(
          Fault(
            "include-circle", at: path, "\(path) includes itself", why: "m4 makes no sendmail.cf of it",
            mend: [Remedy(.words, "take the include out that leads back to \(path)")]))
      }
      for path in whole.unread {
        diagnosis.cannotSee("what \(path) defines, which is included: it cannot be read")
      }
      return diagnosis
    }
    if postfix {
      let files = try PostfixFiles(place ?? PostfixFiles.usualFolder)
      var diagnosis = Diagnosis(of: files.configuration, in: Machine())
      for text in files.unseen { diagnosis.cannotSee(text) }
      return diagnosis
    }
    guard let place else {
      throw Failure(
        "doctor needs an address, --postfix or --sendmail",
        hint: "mitmilter doctor --help lists what it looks at")
    }
    return Diagnosis(of: try milterAddress(place).reachable, in: Machine())
  }
}
