import Glibc
import MilterProtocol
import ProxyCore
import TraceModel

/// A question at a program that is started for it: the question on its standard input, the answer on its standard output, an exit
/// status other than 0 for no answer.
final class ProgramErrand: Errand {
  let question: Question
  private let process: ChildProcess
  private let complain: (String) -> Void

  init(
    _ question: Question, _ words: [String], _ line: [UInt8], _ complain: @escaping (String) -> Void
  ) throws(Refusal) {
    self.question = question
    self.complain = complain
    process = try ChildProcess(words)
    _ = process.tell(line, isLast: true)
  }

  var polled: [pollfd] { process.polled }

  func exchange() -> Advice? {
    process.exchange(complain)
    guard process.answer.count < ChildProcess.mostAnswer else {
      return .failed("its answer has more than 1 MiB")
    }
    switch process.ending {
    case nil: return nil
    case .status(0)?: return Advice(reading: process.answer)
    case .status(let status)?: return .failed("it ended with status \(Int(status))")
    case .signal(let signal)?: return .failed("it was ended by signal \(Int(signal))")
    }
  }
}
