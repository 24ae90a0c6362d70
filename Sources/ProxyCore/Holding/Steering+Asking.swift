import CommandLanguage
import MilterProtocol
import TraceModel

/// Packets that wait for what a program or service says of them.
extension Steering {
  mutating func ask(
    _ adviser: Adviser, _ leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn
  ) {
    let entry = queues[leg].entries[index]
    guard entry.hold?.question == nil else {
      return note(.ask(adviser), entry.number, cause, Refusal("another one is being asked about it"), &turn)
    }
    note(.ask(adviser), entry.number, cause, nil, &turn)
    let id = turn.effects.takeQuestionNumber()
    let asking = LegQueue.Asking.about(id: id, cause: cause, fallback: adviser.fallback)
    if queues.hold(leg, index, cause, at: turn.now, question: asking) {
      adopt(turn.settings.patience)
      record(.held(held(entry.number, leg, cause, turn.settings)), &turn)
    }
    turn.act(
      .ask(
        Question(
          id: id, adviser: adviser, connection: connection, number: entry.number, packet: entry.original,
          placement: entry.placement, askedAt: turn.now, facts: facts,
          body: entry.placement.stage == .bodyEOB ? modifications.body.beginning : nil)))
  }

  /// Whoever was asked has answered, or will not.
  package mutating func answered(_ question: Question, _ advice: Advice, _ turn: inout Turn) {
    let took = (turn.now - question.askedAt).words
    let name = question.adviser.name
    guard let (leg, index) = queues.place(of: question.number),
      let hold = queues[leg].entries[index].hold,
      case .about(question.id, let askedBy, _)? = hold.question
    else {
      let words: Sentence = "\(others: name) answered after \(took), when the packet had gone on without it"
      record(.noted(text: words, packet: question.number), &turn)
      return
    }
    queues.endQuestion(leg, index)
    switch advice {
    case .failed(let why):
      let fallback = question.adviser.fallback
      let outcome: Sentence = fallback.map { "it gets \($0.name)" } ?? "the packet is passed on"
      let words: Sentence = "\(others: name) gave no usable answer: \(why)"
      record(.noted(text: words + "; " + outcome, packet: question.number), &turn)
      if let fallback { carryOut(Asked(.answer(fallback)), on: leg, index, askedBy, &turn) }
    case .instructions(let instructions):
      let words: Sentence = "\(others: name) answered after \(took)"
      record(.noted(text: words, packet: question.number), &turn)
      for instruction in instructions {
        let asked = Asked(instruction, in: context(of: queues[leg].entries[index], turn), &turn.effort)
        carryOut(asked, on: leg, index, askedBy, &turn)
      }
    }
    carryOutOrders(leg, index, &turn)
    if hold.isForQuestion, let released = queues.goOn(leg, index, hold.cause) {
      record(.released(released), &turn)
    }
    run(&turn)
  }
}
