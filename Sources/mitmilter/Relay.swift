import Glibc
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TraceModel

/// A proxy without a screen: listens, tells where, and relays on this thread until it is told to stop.
struct Relay {
  private let engine: Engine

  init(listen: MilterAddress, milter: MilterAddress, socketMode: mode_t, trace: String?, grace: Moment.Span)
    throws
  {
    let signals = Signals()
    let target: MilterTarget
    let listener: Listener
    let file: TraceFileWriter?
    let clock = Clock()
    do { target = try MilterTarget(milter) } catch { throw Failure(error.message, hint: error.hint) }
    do { listener = try Listener(on: listen, socketMode: socketMode) } catch {
      throw Failure(error.message, hint: error.hint)
    }
    let head = TraceHead(
      program: Mitmilter.version, startedAt: clock.startedAt, command: CommandLine.arguments,
      listen: listener.address.description, milter: milter.description, negotiation: "transparent")
    do {
      file = try trace.map { path throws(FileFailure) in try TraceFileWriter(path: path, head: head) }
    } catch {
      throw Failure(error.message, hint: error.hint)
    }
    Self.announce(listener, milter)
    var configuration = Engine.Configuration()
    configuration.grace = grace
    engine = Engine(
      configuration, listener: listener, milter: target, clock: clock,
      journal: Journal(file: file, window: nil, report: tell), requests: Mailbox(), signals: signals,
      report: tell)
  }

  func run() { engine.run() }

  private static func announce(_ listener: borrowing Listener, _ milter: MilterAddress) {
    let address = listener.address
    tell("listening on \(address), milter at \(milter)")
    tell("  Postfix main.cf       \(address.postfixLine)")
    tell("  Sendmail sendmail.mc   \(address.sendmailLine)")
    if !listener.isLocal {
      tell("warning: \(address) can be reached from other machines; milter has no authentication")
    }
  }
}

/// One line on standard error.
@Sendable func tell(_ message: String) {
  let failed = writeAll(Array("mitmilter: \(message)\n".utf8), to: STDERR_FILENO)
  // Nobody is left to tell.
  _ = failed
}
