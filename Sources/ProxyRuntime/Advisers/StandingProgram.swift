import Glibc
import MilterProtocol
import ProxyCore
import TraceFormat
import TraceModel

/// A program that answers one question after another, or several at once: a line of JSON each, both ways (`--persistent`).
final class StandingProgram {
  private let name: String
  private let process: ChildProcess
  private let complain: (String) -> Void
  private(set) var open: [Question] = []

  init(_ adviser: Adviser, _ words: [String], _ complain: @escaping (String) -> Void) throws(Refusal) {
    name = adviser.name
    self.complain = complain
    process = try ChildProcess(words)
  }

  var polled: [pollfd] { process.polled }
  /// It has ended, or what it says makes no sense any more.
  var hasEnded: Bool { process.ending != nil || isSpoilt }
  private var isSpoilt = false

  /// Returns whether it can be told.
  func ask(_ question: Question, _ line: [UInt8]) -> Bool {
    guard !hasEnded, process.tell(line, isLast: false) else { return false }
    open.append(question)
    return true
  }

  /// The question is no longer waited for; what it answers all the same is heeded by nobody.
  func giveUp(_ question: Question) { open.removeAll { $0 == question } }

  /// Goes on as far as it can without waiting. Returns what came of questions.
  func exchange() -> [(Question, Advice)] {
    process.exchange(complain)
    var answers: [(Question, Advice)] = []
    while let end = process.answer.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(process.take(end + 1).dropLast())
      if let answer = answer(line) { answers.append(answer) }
    }
    if process.answer.count >= ChildProcess.mostAnswer {
      answers += failAll("a line of its answer has more than 1 MiB")
      isSpoilt = true
    }
    switch process.ending {
    case nil: break
    case .status(let status)?: answers += failAll("it ended with status \(Int(status))")
    case .signal(let signal)?: answers += failAll("it was ended by signal \(Int(signal))")
    }
    return answers
  }

  private func failAll(_ why: Sentence) -> [(Question, Advice)] {
    defer { open = [] }
    return open.map { ($0, .failed(why)) }
  }

  private func answer(_ line: [UInt8]) -> (Question, Advice)? {
    let answer: AnswerJSON
    do throws(LineFault) { answer = try AnswerJSON(line) } catch {
      complain("a line of its answer was not taken: \(error)")
      return nil
    }
    guard let id = answer.id else {
      complain("a line of its answer was not taken: it has no 'id'")
      return nil
    }
    // Given up meanwhile, or never asked.
    guard let place = open.firstIndex(where: { $0.id == id }) else { return nil }
    return (open.remove(at: place), Advice(lines: answer.instructions))
  }
}
