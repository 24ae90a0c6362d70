import CommandLanguage
import Dialogue
import MilterProtocol
import Timeline
import TraceModel

/// What a program or service is told about a packet that waits for its answer.
package struct Question: Sendable, Equatable {
  /// Within the run, from 1.
  package let id: Int
  package let adviser: Adviser
  package let connection: Int
  /// Of the packet.
  package let number: Int
  /// As it came.
  package let packet: Packet
  package let placement: Placement
  package let askedAt: Moment
  /// With the packet in them.
  package let facts: SessionFacts
  /// The mail's body once all of it has come, or its beginning; nil before.
  package let body: [UInt8]?

  package static func == (a: Question, b: Question) -> Bool { a.id == b.id }
}

/// What came of a question.
package enum Advice: Sendable, Equatable {
  /// To be done in this order; none: the packet goes on as it is.
  case instructions([Instruction])
  /// Nothing came that could be done, and why: the packet goes on as if nobody had been asked.
  case failed(Sentence)
}

extension Advice {
  /// From instructions as text, a line each; empty lines and those that begin with `#` say nothing. One that cannot be done spoils
  /// all of them: nobody knows what half an answer means. Texts are meant as they stand: what looks like a value is none, for a mail
  /// may have written it.
  package init(lines: [some StringProtocol]) {
    var instructions: [Instruction] = []
    for (place, line) in lines.enumerated() {
      let text = line.trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      do throws(SyntaxError) {
        let instruction = try Instruction(parsing: text)
        guard !instruction.asksSomebody else {
          self = .failed("line \(place + 1) of the answer asks somebody else")
          return
        }
        guard instruction.files.isEmpty else {
          self = .failed("line \(place + 1) of the answer names a file: give what is in it")
          return
        }
        instructions.append(instruction.asItStands)
      } catch {
        let hint = error.hint.map { "; \($0)" } ?? ""
        self = .failed("line \(place + 1) of the answer: \(others: error.message + hint)")
        return
      }
    }
    self = .instructions(instructions)
  }

  /// From all that a program or service said.
  package init(reading bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      self = .failed("the answer is not UTF-8")
      return
    }
    self.init(lines: text.split(separator: "\n", omittingEmptySubsequences: false))
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    var rest = self[...]
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest.drop { $0.isWhitespace })
  }
}
