import ArgumentParser
import Glibc
import MilterProtocol
import ProxyRuntime
import Sending
import TraceFormat
import TraceModel

/// The milter of a trace, played to whoever connects, until this program is ended.
struct ReplayAsMilter {
  let trace: String
  let options: AsMilterOptions
  let isPaced: Bool
  let isJSON: Bool
  let write: String?

  func run() throws {
    guard write != "-" else {
      throw Failure(
        "-w: what comes of it is on standard output, so the trace needs a file", hint: "-w played.mtrace")
    }
    let address = try milterAddress(options.listen ?? "")
    let reader = try TraceFileReader(path: trace)
    while try reader.advance() == .grew {}
    let recorded = RecordedMilter(reader)
    let recording = recorded.recording()
    guard !recording.sessions.isEmpty else {
      throw Failure(
        "\(UnreadableLines.name(trace)): no connection of it has a milter's answer to OPTNEG, so there is no milter to play",
        hint: "record it from the MTA's first packet on")
    }
    let isWhole = recorded.tellGaps()
    let signals = Signals([.end])
    let clock = Clock()
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      listen: address.description)
    var stage = try MilterStage(
      on: address, access: try options.socket.access(), clock: clock, journal: try Journal(write, head))
    tell("listening on \(stage.address) as the milter of \(UnreadableLines.name(trace))")
    var milter = ReplayedMilter(
      recording, from: recorded, unmatched: (options.unmatched ?? .continue).act, isPaced: isPaced)
    let output = Output()
    stage.serve(&milter, title: "plays the milter of \(others: trace)", until: signals) { milter, _ in
      for remark in milter.takeRemarks() { print(remark, to: output) }
      output.flush()
    }
    stage.finish()
    try finish(milter, recording.mails.count, output, isWhole: tellLosses(of: reader) && isWhole)
  }

  private func print(_ remark: ReplayedMilter.Remark, to output: Output) {
    guard isJSON else {
      return output.write("connection \(remark.connection): \(ListingText.inert(remark.text.text))\n")
    }
    output.append {
      $0.append(key: "{\"conn\":", remark.connection)
      $0.append(key: ",\"unmatched\":", remark.unmatched?.kind.name)
      $0.append(key: ",\"text\":", remark.text.text)
      $0.append(ascii: "}\n")
    }
  }

  /// Says what all came to, and ends with the status of that.
  private func finish(_ milter: ReplayedMilter, _ mails: Int, _ output: Output, isWhole: Bool) throws {
    let tally = milter.tally
    if isJSON {
      output.append {
        $0.append(key: "{\"connections\":", tally.connections)
        $0.append(key: ",\"mails\":", tally.mails)
        $0.append(key: ",\"answered\":", tally.answered)
        $0.append(key: ",\"byContent\":", tally.byContent)
        $0.append(key: ",\"byOrder\":", tally.byOrder)
        $0.append(key: ",\"unmatched\":", tally.unmatched)
        $0.append(key: ",\"leftOut\":", tally.leftOut)
        $0.append(key: ",\"recorded\":", mails)
        $0.append(key: ",\"played\":", milter.mailsPlayed)
        $0.append(ascii: "}\n")
      }
    } else {
      output.write(
        "\(Self.count(tally.connections, "connection")), \(Self.count(tally.mails, "mail")); \(Self.count(tally.answered, "command")) answered: \(tally.byContent) by content, \(tally.byOrder) by order, \(tally.unmatched) unmatched; \(milter.mailsPlayed) of \(Self.count(mails, "recorded mail")) played\n"
      )
    }
    output.flush()
    if tally.connections == 0 {
      tell("note: no MTA came")
      throw ExitCode(2)
    }
    if tally.unmatched > 0 || tally.leftOut > 0 || !isWhole { throw ExitCode(1) }
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
