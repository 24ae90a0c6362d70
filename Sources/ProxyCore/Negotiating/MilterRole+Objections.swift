import CommandLanguage
import MilterProtocol
import TraceModel

/// Rules that cannot do anything by what the MTA will be asked for: better said at the start than by their silence.
extension ProxySettings.MilterRole {
  /// A line for each.
  package func objections(to book: RuleBook) -> [String] {
    book.entries.filter(\.rule.isEnabled).flatMap { objections(to: $0) }
  }

  private func objections(to entry: RuleBook.Entry) -> [String] {
    let kinds = entry.matcher.kinds
    let rule = "rule \(entry.rule.place.map { "\($0)" } ?? "'\(entry.rule.label)'")"
    func areAll(_ others: PacketKindSet) -> Bool {
      !kinds.isEmpty && kinds.intersection(others.complement).isEmpty
    }
    if areAll(.allReplies) { return ["\(rule) is about replies of a milter, and there is none"] }
    if areAll(commands(\.noCommandFlag)) {
      return ["\(rule) never matches: --steps leaves out what it is about"]
    }
    var objections: [String] = []
    if areAll(commands(\.noReplyFlag)), entry.rule.instructions.contains(where: \.isAnswer) {
      objections.append("\(rule) gives a verdict where --no-reply promises none")
    }
    for case .change(let change) in entry.rule.instructions
    where !actions.isSuperset(of: change.requiredAction) {
      objections.append("\(rule): --actions leaves out what '\(Instruction.change(change).text)' needs")
    }
    return objections
  }

  /// The commands whose flag is set.
  private func commands(_ flag: (Stage) -> ProtocolFlags?) -> PacketKindSet {
    Stage.allCases.reduce(.none) { kinds, stage in
      guard let flag = flag(stage), protocolFlags.contains(flag),
        let kind = CommandKind(rawValue: stage.rawValue)
      else { return kinds }
      return kinds.union(.commands(kind))
    }
  }
}

extension Instruction {
  fileprivate var isAnswer: Bool { if case .answer = self { true } else { false } }
}
