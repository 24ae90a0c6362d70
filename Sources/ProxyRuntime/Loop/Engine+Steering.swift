import CommandLanguage
import MilterProtocol
import ProxyCore
import TraceModel

/// What the operator asks for while connections run.
extension Engine {
  mutating func instruct(
    _ instruction: Instruction, _ number: Int, _ packet: Int?, _ body: [UInt8]?, _ cause: Cause
  ) {
    guard let connection = connections.all.first(where: { $0.machine.connection == number }) else {
      let event = Record.Event.withoutConnection(
        instruction, packet, cause, because: "the connection has ended")
      return turn.effects.records.append(Record(time: turn.now, connection: number, event: event))
    }
    connection.machine.instructed(
      instruction, packet: packet, body: body, cause, &turn)
    perform(for: connection, .none)
  }

  mutating func ask(_ question: Question) {
    let asked = advisers ?? Advisers(clock, answering: requests)
    advisers = asked
    asked.ask(question)
  }

  /// Nobody is left to hear it where the connection has ended.
  mutating func answered(_ question: Question, _ advice: Advice) {
    guard
      let connection = connections.all.first(where: { $0.machine.connection == question.connection })
    else { return }
    if case .failed(let why) = advice { complain(of: question, why) }
    connection.machine.answered(question, advice, &turn)
    perform(for: connection, .none)
  }

  /// The trace has it for each packet; messages of a program that fails over each of them would bury all others.
  private mutating func complain(of question: Question, _ why: Sentence) {
    guard let suffix = adviserComplaints[question.adviser, default: Complaint()].due(at: turn.now) else {
      return
    }
    let outcome = question.adviser.fallback.map { "it gets \($0.name)" } ?? "the packet is passed on"
    report(
      "\(question.adviser.name) gave no usable answer about packet \(question.number), c\(question.connection): \(why); \(outcome)\(suffix)"
    )
  }

  mutating func letGo(_ cause: Cause) {
    turn.settings.isUnattendedForGood = true
    turn.settings.isAttended = false
    for connection in connections.all {
      connection.machine.letGo(cause, &turn)
      perform(for: connection, .none)
    }
  }

  /// A screen came, or the last one left.
  mutating func attend(_ isAttended: Bool) {
    guard turn.settings.isAttended != isAttended, !turn.settings.isUnattendedForGood else { return }
    turn.settings.isAttended = isAttended
    guard !isAttended, !configuration.keepsOnDetach else { return }
    for connection in connections.all {
      connection.machine.letGo(.policy("nobody watches any more"), &turn)
      perform(for: connection, .none)
    }
  }

  mutating func setRules(_ rules: [Rule]) {
    turn.settings.rules.replace(with: rules)
    advisers?.keep(Set(rules.flatMap { $0.instructions.compactMap(\.adviser) }))
    recordRules()
  }

  /// Whoever may act in a run may not have it start programs: only those are asked that rules ask already.
  func withoutStrangeAdvisers(_ rules: [Rule]) -> [Rule] {
    let known = turn.settings.rules.entries.flatMap { $0.rule.instructions.compactMap(\.adviser) }
    return rules.filter { rule in
      guard let strange = rule.instructions.compactMap(\.adviser).first(where: { !known.contains($0) })
      else { return true }
      report(
        "a rule from the control socket was not taken: it asks \(strange.name), which no rule of this run asks"
      )
      return false
    }
  }

  /// The rules in force, for whoever reads the trace.
  mutating func recordRules() {
    let rules = turn.settings.rules.entries.map(\.rule)
    journal.locate(rules)
    guard !rules.isEmpty || hasRecordedRules else { return }
    hasRecordedRules = true
    recordForRun(.noted(text: "rules in force: \(rules.count)", packet: nil))
    for rule in rules { recordForRun(.instructed(Instructed(text: rule.text, cause: .operator))) }
  }

  /// Of no connection.
  mutating func recordForRun(_ event: Record.Event) {
    turn.effects.records.append(Record(time: turn.now, connection: 0, event: event))
  }
}
