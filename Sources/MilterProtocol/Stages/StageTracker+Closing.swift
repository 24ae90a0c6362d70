/// The end of the connection.
extension StageTracker {
  /// The peer at that end of the leg closed it, or lost it.
  ///
  /// - Parameter unfinished: bytes that had come of a packet that is not whole.
  package mutating func closed(
    _ leg: Leg, at now: Moment, unfinished: Int = 0, findings: inout [Finding]
  ) {
    func remark(_ rule: FindingRule, _ text: Sentence, packet: Int? = nil) {
      findings.append(Finding(rule, packet: packet, text))
    }
    if unfinished > 0 {
      let who = leg == .mta ? "MTA" : "milter"
      remark(.endsInPacket, "the \(who) closed with \(counted(unfinished, "byte")) of an unfinished packet")
    }
    let hadLeft = !marks.isDisjoint(with: [.quit, .mtaClosed, .milterClosed])
    let awaited = queue.firstAwaited
    if let awaited, !hadLeft, awaited.stage != .negotiation {
      remark(.noVerdict, "\(named(awaited)) was never answered", packet: awaited.number)
    }
    switch leg {
    case .mta:
      marks.insert(.mtaClosed)
      if !marks.contains(.began) {
        if !hadLeft { remark(.probe, "the MTA closed without a packet") }
      } else if let awaited, !hadLeft {
        remark(.closedWhilePending, "the MTA closed while the reply to \(named(awaited)) was due")
      } else if !hadLeft, !marks.contains(.settled) {
        remark(.noQuit, "the MTA closed after \(positionName)")
      }
      queue.abandonAll()
      position = .closed
      message = 0
    case .milter:
      marks.insert(.milterClosed)
      guard !hadLeft, marks.contains(.began) else { return }
      if let awaited, awaited.stage == .negotiation {
        remark(.milterRefused, "OPTNEG was not answered", packet: awaited.number)
      } else if !marks.contains(.settled) {
        remark(.milterLeft, "the milter closed after \(positionName)")
      }
    }
  }
}
