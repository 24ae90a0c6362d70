import MilterProtocol
import TraceModel

/// On whose behalf something reached a peer.
package enum Author: Equatable, Sendable {
  /// The peer itself; it passed as it came.
  case peer
  case ours(Cause)
}

/// A verdict that reached the MTA.
package struct VerdictFact: Equatable, Sendable {
  package var kind: ReplyKind
  package var stage: Stage
  /// The packet that carried it: the milter's own number also where we changed what it says.
  package var packet: Int
  package var author: Author
  /// The text of REPLYCODE.
  package var text: Head?
  /// What comes behind that text in its packet.
  package var ending = ReplyText.Ending.nul

  init(_ kind: ReplyKind, _ packet: Packet, number: Int, stage: Stage, author: Author) {
    self.kind = kind
    self.stage = stage
    self.packet = number
    self.author = author
    guard kind == .replyCode else { return }
    var strings = StringList(packet.payload, of: packet)
    text = Head(strings.next().map { packet.bytes[$0] } ?? [])
    ending = ReplyText.Ending(of: packet)
  }

  /// The class of the outcome: 2 goes on or is taken, 4 try later, 5 refused. SHUTDOWN counts as 4 (a 421).
  package var replyClass: Int {
    switch kind {
    case .reject: 5
    case .tempfail, .shutdown, .connFail: 4
    case .replyCode: text?.bytes.first == UInt8(ascii: "4") ? 4 : 5
    case .continue, .accept, .discard, .skip, .optNeg, .progress, .addHeader, .insHeader, .chgHeader,
      .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      2
    }
  }

  package var refuses: Bool { replyClass != 2 }
}

/// A modification that reached the MTA; its content is read from the packet.
package struct ModificationFact: Equatable, Sendable {
  package var kind: ReplyKind
  package var packet: Int
  package var author: Author
}

/// Something that we did to the dialogue.
package struct ChangeFact: Equatable, Sendable {
  package var what: What
  package var packet: Int
  package var cause: Cause

  package enum What: Equatable, Sendable { case edited, injected, dropped, answered }
}
