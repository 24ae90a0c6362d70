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

  /// What it comes to by the MTA that heard it, or by what is common where that is not known (protocol.md 4.2, 4.3; seen with
  /// Postfix 3.7 and Sendmail 8.17).
  package func result(under mta: KnownMTA?) -> VerdictResult {
    if let row = mta?.profile?.verdict(kind, at: stage) {
      return kind == .replyCode && replyClass == 4 ? .tempfailed : row.result
    }
    switch kind {
    case .reject: return .rejected
    case .tempfail, .connFail: return .tempfailed
    case .discard: return .discarded
    // Postfix before 3.11 takes the mail with 250.
    case .shutdown: return mta == .sendmail ? .failed : stage.isOfContent ? .discarded : .tempfailed
    case .skip where mta == .sendmail: return skippedAtSendmail
    case .replyCode:
      if let mta = mta?.measured, let text, case .refused = ReplyAcceptance(text.slice, ending, under: mta) {
        return mta == .postfix ? .tempfailed : .rejected
      }
      return replyClass == 4 ? .tempfailed : .rejected
    case .quarantine: return .held
    case .continue, .accept, .skip, .optNeg, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .setSymList:
      return .goesOn
    }
  }

  private var skippedAtSendmail: VerdictResult {
    switch stage {
    case .connect, .helo, .mail, .rcpt, .data, .unknown: .unfiltered
    case .bodyEOB: .failed
    case .header, .eoh, .body, .negotiation: .goesOn
    }
  }
}

/// A reply over which an MTA gives the milter up (``Packet/isGivenUpOver(by:at:)``).
package struct GivenUp: Equatable, Sendable {
  package var packet: Int
  /// Of the packet, as ADDHEADER.
  package var name: String
  /// Of the command to which it was the answer.
  package var stage: Stage
  /// Which do; one at least.
  package var mtas: [KnownMTA]

  /// Whether that MTA does; both that were measured where it is not known which it is.
  package func counts(for mta: KnownMTA?) -> Bool {
    mta.map(mtas.contains) ?? KnownMTA.measured.allSatisfy(mtas.contains)
  }
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
