import Glibc
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TraceModel

/// A proxy without a screen: listens, and relays on this thread until it is told to stop.
struct Relay {
  struct Options {
    var listen: MilterAddress
    /// nil where we are the milter.
    var milter: MilterAddress?
    var socketMode = Listener.socketMode
    /// Path of the trace to write; nil for none.
    var trace: String?
    /// Path of the decision log; nil for none.
    var log: String?
    /// nil prints no packets.
    var printing: LivePrinter.Form?
    var grace = Engine.Configuration().grace
    var steering = SteeringPlan()
    /// What to say once it listens, with the lines for the MTA; nil says nothing.
    var greeting: ((MilterAddress) -> String)?
  }

  /// Where it listens: the port that was taken for port 0.
  let address: MilterAddress
  /// Stops it from any thread.
  let requests = Mailbox<Engine.Request>()
  private let engine: Engine
  private let printer: LivePrinter

  init(_ options: Options) throws {
    guard options.trace != "-" || options.log != "-" else {
      throw Failure(
        "standard output cannot take both a trace (--write -) and a log (--log -)",
        hint: "give one of them a file")
    }
    let signals = Signals()
    let clock = Clock()
    let target: MilterTarget?
    let listener: Listener
    let file: TraceFileWriter?
    do {
      target = try options.milter.map { (address) throws(Resolution.Failure) in try MilterTarget(address) }
    } catch {
      throw Failure(error.message, hint: error.hint)
    }
    do { listener = try Listener(on: options.listen, socketMode: options.socketMode) } catch {
      throw Failure(error.message, hint: error.hint)
    }
    address = listener.address
    let guidance = Guidance(listeningOn: listener.address, isLocal: listener.isLocal)
    // Whoever reads a trace on standard output may draw a screen from its first line on.
    if options.trace == "-" { guidance.announce(options.greeting?(address)) }
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      listen: address.description, milter: options.milter?.description,
      negotiation: options.steering.controls.negotiation.rawValue)
    do throws(FileFailure) {
      if let path = options.trace {
        file = try TraceFileWriter(path: path, head: head, toldBy: tell)
      } else {
        file = nil
      }
    } catch {
      throw Failure(error.message, hint: error.hint)
    }
    let decisions: DecisionLog?
    do { decisions = try DecisionLog(at: options.log, startedAt: clock.startedAt) } catch {
      throw Failure(error.message, hint: error.hint)
    }
    if options.trace != "-" { guidance.announce(options.greeting?(address)) }
    let printer = LivePrinter(
      options.printing, startedAt: clock.startedAt, sharing: options.trace == "-" ? SharedTerminal() : nil)
    let warn = { (words: String) in printer.say("warning: \(words)") }
    var configuration = Engine.Configuration()
    configuration.grace = options.grace
    configuration.controls = options.steering.controls
    configuration.tell = { printer.say($0) }
    if !options.steering.sources.files.isEmpty {
      configuration.rereadRules = { options.steering.sources.reread(warn) }
    }
    engine = Engine(
      configuration, listener: listener, milter: target, clock: clock,
      journal: Journal(file: file, window: printer.window, decisions: decisions, report: warn),
      requests: requests,
      signals: signals, report: warn)
    self.printer = printer
  }

  var packets: Int { engine.packets }
  var connections: Int { engine.accepted }

  func run() {
    engine.run()
    printer.finish()
  }
}

extension DecisionLog {
  /// nil where none is wanted.
  init?(at path: String?, startedAt: Int64) throws(FileFailure) {
    guard let path else { return nil }
    self = try DecisionLog(path: path, startedAt: startedAt)
  }
}
