import CommandLanguage
import MilterProtocol
import ProxyCore
import TraceModel

/// What the operator asks for while connections run.
extension Engine {
  func instruct(
    _ instruction: Instruction, _ number: Int, _ packet: Int?, _ body: [UInt8]?, _ cause: Cause
  ) {
    let found = connections.lazy.compactMap { $0 }.first { $0.machine.connection == number }
    guard let connection = found else {
      let event = Record.Event.withoutConnection(
        instruction, packet, cause, because: "the connection has ended")
      return turn.effects.records.append(Record(time: turn.now, connection: number, event: event))
    }
    connection.machine.instructed(
      instruction, packet: packet, body: body, cause, &turn)
    perform(for: connection, .none)
  }

  func letGo(_ cause: Cause) {
    turn.settings.isUnattendedForGood = true
    turn.settings.isAttended = false
    for case let connection? in connections {
      connection.machine.letGo(cause, &turn)
      perform(for: connection, .none)
    }
  }

  func setRules(_ rules: [Rule]) {
    turn.settings.rules.replace(with: rules)
    recordRules()
  }

  /// The rules in force, for whoever reads the trace.
  func recordRules() {
    let rules = turn.settings.rules.entries.map(\.rule)
    journal.locate(rules)
    guard !rules.isEmpty || hasRecordedRules else { return }
    hasRecordedRules = true
    recordForRun(.noted(text: "rules in force: \(rules.count)", packet: nil))
    for rule in rules { recordForRun(.instructed(Instructed(text: rule.text, cause: .operator))) }
  }

  /// Of no connection.
  func recordForRun(_ event: Record.Event) {
    turn.effects.records.append(Record(time: turn.now, connection: 0, event: event))
  }
}
