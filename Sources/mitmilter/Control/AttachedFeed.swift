import CLinux
import CommandLanguage
import ConsoleUI
import Glibc
import MilterProtocol
import ProxyRuntime
import TraceModel

/// The records of a proxy in another process, read from its trace as it grows; what is asked goes through its control socket.
final class AttachedFeed: ScreenFeed {
  private let client: ControlClient
  private let reader: TraceFileReader
  private var isOver = false
  /// The trace had a name and has not been told to be another file.
  private var isWatched: Bool

  init(_ client: ControlClient) throws(FileFailure) {
    self.client = client
    reader = try TraceFileReader(open: client.trace, named: client.path ?? "the temporary trace")
    isWatched = client.path != nil && !reader.isReplaced
  }

  var records: any RecordSource { reader }
  var now: Moment {
    Moment(microseconds: linux_wall_microseconds()) - Moment.Span(microseconds: reader.head?.startedAt ?? 0)
  }
  var descriptor: Int32? { isOver ? nil : client.descriptor }
  /// A file cannot be waited for.
  var patience: Duration? { .milliseconds(50) }
  var stream: ConsoleModel.Stream { isOver ? .ended : .flowing }
  var paths: [String] { [client.path].compactMap(\.self) }

  func refresh() throws(FileFailure) -> Bool {
    let before = reader.count
    while try reader.advance() == .grew {}
    if !isOver, client.isOver { isOver = true }
    return reader.count > before
  }

  func takeMessages() -> [String] {
    guard isWatched, reader.isReplaced else { return [] }
    isWatched = false
    return ["the trace was moved or begun anew: leave and attach again to see what comes from now on"]
  }

  func obey(_ instruction: Instruction, packet: Int, connection: Int, body: [UInt8]?) -> String? {
    var texts: [String: [UInt8]] = [:]
    for path in instruction.files {
      do throws(FileFailure) { texts[path] = try wholeFile(path) } catch { return error.message }
    }
    guard let whole = instruction.inlining(texts) else { return "a file is missing" }
    return ask(.instruct(whole, connection: connection, packet: packet, body: body))
  }

  func forwardAll() -> String? { ask(.forwardAll) }

  func setRules(_ rules: [Rule]) -> String? {
    do {
      return ask(.setRules(try rules.filter(\.isEnabled).map { try RuleSources.inlined($0) }))
    } catch let cause as any Explained {
      return cause.message
    } catch {
      return "\(error)"
    }
  }

  func arm(_ isOn: Bool) { _ = ask(.arm(isOn)) }

  func record(to path: String, withPast: Bool) throws(FileFailure) -> String {
    throw FileFailure(
      "the proxy records, not this screen: x exports what is shown, and proxy --write names its trace")
  }

  /// - Returns: why not.
  private func ask(_ request: ControlRequest) -> String? {
    do throws(FileFailure) {
      _ = try client.ask(request)
      return nil
    } catch {
      return error.message
    }
  }
}
