import MilterProtocol

/// What the operator, or a rule in the operator's place, asks of a connection.
///
/// The same value means the same for key, prompt and rule; what it means depends on the packet it is given for
/// (`docs/instructions.md`). Its text form belongs to CommandLanguage: it parses and prints back the same.
package enum Instruction: Equatable, Sendable {
  /// Stop the packet until it is released. In a rule: a breakpoint.
  case hold
  /// Hold it until a program or service has said what is to be done.
  indirect case ask(Adviser)
  /// Let the held packet go, as it is by now.
  case forward
  /// Let everything go that is held.
  case forwardAll
  /// Let the held packet go and hold the next one of its connection.
  case step
  /// The packet never leaves; where its sender waits for a reply, that is made up.
  case drop
  /// Settles the stage: instead of the milter on a command, in place of its reply on a reply.
  case answer(Answer)
  /// Sends one PROGRESS to the MTA, which buys time where that MTA takes it.
  case progress
  /// Kept until the final reply of the message's end, and sent before it, after the milter's own.
  case change(Change)
  /// Changes one field of the packet itself.
  case set(Assignment)
  /// These bytes leave instead: the whole frame, length field and code included, right or wrong.
  case raw([UInt8])
  /// Changes of the held packet, and modifications asked for with it, are taken back.
  case revert(Reverted)
  /// The packet leaves later by this much.
  case delay(Moment.Span)
  /// What a broken peer does.
  indirect case fault(Fault)
  /// Ends one leg; the other then ends as it would have by itself.
  case close(Leg)
  case mark
  case unmark
  /// Words about the packet, kept in the trace.
  case note(String)
}

extension Instruction {
  package enum Reverted: Equatable, Sendable { case last, all }

  /// Whether somebody else is asked what to do.
  package var asksSomebody: Bool { adviser != nil }

  /// Who is asked.
  package var adviser: Adviser? { if case .ask(let adviser) = self { adviser } else { nil } }

  /// Whether it is about a part of a mail's body, which whoever carries it out then has to know.
  package var rewritesPart: Bool { if case .change(let change) = self { change.rewritesPart } else { false } }
}
