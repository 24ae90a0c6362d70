import Glibc
import Mail
import MilterProtocol
import ProxyCore
import TraceFormat
import TraceModel

/// Asks programs and services about packets, and hands their answers to the engine.
///
/// A thread of its own: none of them, whatever they do or fail to do, keeps anybody waiting but the packet that is asked about, and
/// that no longer than was said.
package final class Advisers: Sendable {
  private let orders = Mailbox<Order>()
  private let thread: Thread

  fileprivate enum Order: Sendable {
    case ask(Question)
    case keep(Set<Adviser>)
    case stop
  }

  init(_ clock: Clock, answering requests: Mailbox<Engine.Request>) {
    let loop = AdviserLoop(orders, clock, requests)
    thread = Thread { loop.run() }
  }

  func ask(_ question: Question) { orders.post(.ask(question)) }

  /// Only these may be asked from now on: programs that wait for the next question of others end.
  func keep(_ advisers: Set<Adviser>) { orders.post(.keep(advisers)) }

  /// Nobody waits for an answer any more.
  func stop() {
    orders.post(.stop)
    thread.join()
  }
}

/// The advisers' turn of their thread.
///
/// Sendable, because it is made by whoever starts the thread, handed over once, and touched by nobody else.
private final class AdviserLoop: @unchecked Sendable {
  private let orders: Mailbox<Advisers.Order>
  private let requests: Mailbox<Engine.Request>
  private let clock: Clock
  private let json: QuestionJSON
  private let connections = ServiceConnections()
  /// Not begun, as there are too many others; oldest first.
  private var waiting: [Question] = []
  private var errands: [any Errand] = []
  private var standing: [Adviser: StandingProgram] = [:]
  /// Whom rules ask; nil: nobody has said so far.
  private var kept: Set<Adviser>?
  /// When a program that ended by itself is started again, at the earliest.
  private var pauses: [Adviser: Moment] = [:]

  /// How often one is asked at a time, and all together.
  private static let mostOfOne = 32
  private static let mostErrands = 128
  private static let pause = Moment.Span.seconds(1)

  init(_ orders: Mailbox<Advisers.Order>, _ clock: Clock, _ requests: Mailbox<Engine.Request>) {
    self.orders = orders
    self.clock = clock
    self.requests = requests
    json = QuestionJSON(startedAt: clock.startedAt, .ofSystem)
  }

  func run() {
    while true {
      var polled = [pollfd(fd: orders.descriptor, events: Int16(POLLIN), revents: 0)]
      for errand in errands { polled += errand.polled }
      for program in standing.values { polled += program.polled }
      _ = poll(&polled, nfds_t(polled.count), patience)
      for order in orders.take() {
        switch order {
        case .ask(let question): waiting.append(question)
        case .keep(let advisers): kept = advisers
        case .stop: return
        }
      }
      goOn()
      giveUpLate()
      begin()
    }
  }

  /// How long the poll may wait, in milliseconds; -1 for ever.
  private var patience: Int32 {
    let questions = waiting + errands.map(\.question) + standing.values.flatMap(\.open)
    guard let next = questions.map(\.due).min() else { return -1 }
    return Int32(max(0, min(60_000, (next - clock.now).microseconds / 1000 + 1)))
  }

  private func settle(_ question: Question, _ advice: Advice) {
    requests.post(.answered(question, advice))
  }

  private func goOn() {
    errands.removeAll { errand in
      guard let advice = errand.exchange() else { return false }
      settle(errand.question, advice)
      return true
    }
    for (adviser, program) in standing {
      for (question, advice) in program.exchange() { settle(question, advice) }
      if program.hasEnded {
        standing[adviser] = nil
        pauses[adviser] = clock.now + Self.pause
      } else if let kept, program.open.isEmpty, !kept.contains(adviser) {
        standing[adviser] = nil
      }
    }
  }

  private func giveUpLate() {
    let now = clock.now
    func isLate(_ question: Question) -> Bool {
      guard question.due <= now else { return false }
      settle(question, .failed("no answer within \(question.limit.words)"))
      return true
    }
    waiting.removeAll(where: isLate)
    errands.removeAll { isLate($0.question) }
    for program in standing.values {
      for question in program.open where isLate(question) { program.giveUp(question) }
    }
  }

  /// One that hangs takes nobody else's place.
  private func begin() {
    var asked: [Adviser: Int] = [:]
    for errand in errands { asked[errand.question.adviser, default: 0] += 1 }
    waiting.removeAll { question in
      if !question.adviser.isPersistent {
        guard errands.count < Self.mostErrands, asked[question.adviser, default: 0] < Self.mostOfOne else {
          return false
        }
        asked[question.adviser, default: 0] += 1
      }
      do throws(Refusal) { try begin(question) } catch { settle(question, .failed(error.sentence)) }
      return true
    }
  }

  private func begin(_ question: Question) throws(Refusal) {
    let line = line(for: question)
    let name = question.adviser.name
    let requests = requests
    let complain = { (words: String) in requests.post(.tell("\(name): \(words)")) }
    switch question.adviser.place {
    case .program(let words) where question.adviser.isPersistent:
      let program = try program(for: question.adviser, words, complain)
      guard program.ask(question, line) else {
        throw Refusal("it does not read what it is asked")
      }
    case .program(let words): errands.append(try ProgramErrand(question, words, line, complain))
    case .tcp, .unix: errands.append(try ServiceErrand(question, line, connections))
    }
  }

  private func program(
    for adviser: Adviser, _ words: [String], _ complain: @escaping (String) -> Void
  ) throws(Refusal) -> StandingProgram {
    if let there = standing[adviser] { return there }
    if let until = pauses[adviser], clock.now < until {
      throw Refusal("it ended a moment ago, and is started again \(Self.pause.words) later")
    }
    let program = try StandingProgram(adviser, words, complain)
    standing[adviser] = program
    return program
  }

  private func line(for question: Question) -> [UInt8] {
    let received = Received(number: question.number, packet: question.packet, forwarded: false)
    let record = Record(
      time: question.askedAt, connection: question.connection, event: .received(received))
    return json.line(
      id: question.id, about: record, number: question.number, question.packet, question.placement,
      question.facts, body: question.body)
  }
}

extension Question {
  fileprivate var limit: Moment.Span { adviser.limit ?? Adviser.usualLimit }
  /// When nobody waits for the answer any more.
  fileprivate var due: Moment { askedAt + limit }
}
