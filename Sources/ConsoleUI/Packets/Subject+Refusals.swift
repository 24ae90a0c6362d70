import CommandLanguage
import MilterProtocol
import Timeline
import TraceModel

// What cannot come to anything, said before anybody types: why not, and what would.
extension Subject {
  /// nil where a verdict on the packet may be given; what depends on who waits for what, the proxy says.
  func refusalOfVerdict(_ detail: PacketDetail) -> String? {
    switch detail.packet.kind {
    case .command(let kind):
      guard kind.stage != nil else { return "\(kind.name) is never answered; D drops it, X closes a leg" }
      return refusalOfAnswered(detail, kind)
    case .reply(let kind): return refusalOfReply(detail, kind)
    case .unknown, .empty: return "\(detail.packet.kind.name) is neither command nor verdict"
    }
  }

  private func refusalOfAnswered(_ detail: PacketDetail, _ kind: CommandKind) -> String? {
    guard !isHeld, let reply = detail.reply, let row = trace.index.row(number: reply),
      case .reply(let said) = trace.index[row].kind, said.settles, trace.heldEntry(at: row) == nil
    else { return nil }
    return "the MTA has its answer to \(kind.name), packet \(reply); i holds the next"
  }

  private func refusalOfReply(_ detail: PacketDetail, _ kind: ReplyKind) -> String? {
    switch kind.role {
    case .negotiation: return "OPTNEG is answered by OPTNEG; e edits what it says"
    case .verdict:
      return isHeld ? nil : "packet \(detail.number), \(kind.name), was sent already; i holds the next"
    case .modification, .keepAlive, .misplaced:
      let drop = isHeld ? "; D drops this" : ""
      guard let command = detail.answers.flatMap({ trace.packet(numbered: $0) }), let number = detail.answers
      else { return "\(kind.name) settles nothing: give the verdict at the command that it is about\(drop)" }
      return "\(kind.name) settles nothing: v at \(command.kind.name), packet \(number), does\(drop)"
    }
  }

  /// nil where the mail can still be modified.
  func refusalOfChange(_ detail: PacketDetail) -> String? {
    guard detail.packet.kind != .command(.macro) else { return nil }
    guard let mail else { return "no mail is under way at this packet: a modification belongs to one" }
    guard trace.messages[mail].decision == nil else {
      return "the verdict on c\(detail.connection).\(detail.message) is given: nothing is modified behind it"
    }
    return nil
  }
}

extension InstructionWord {
  /// The action that its modification needs; nil for no modification.
  var requiredAction: ActionFlags? {
    guard let example = InstructionTerm.byWord[self]?.example,
      case .change(let change)? = try? Instruction(parsing: example)
    else { return nil }
    return change.requiredAction
  }
}
