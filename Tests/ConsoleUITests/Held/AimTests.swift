import Cells
import CommandLanguage
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Packets come all the time; what a key or a typed line means stays what was selected when it was meant.
@Suite struct AimTests {
  /// A recipient that is held, in a Timeline that follows.
  private struct Play {
    var recording = Recording()
    let source: MemoryRecords
    var driver: Driver
    var held = 0

    init() {
      recording.open()
      recording.greet()
      recording.ask(MTA.mail("<alice@example.org>"))
      source = MemoryRecords(recording.records, head: Story.head)
      driver = Driver(source, isLive: true)
      held = hold(MTA.rcpt("<bob@example.net>"))
    }

    @discardableResult mutating func hold(_ packet: Packet) -> Int {
      let number = recording.receive(packet, forwarded: false)
      recording.append(.held(Held(number: number, cause: .rule("hold"), deadline: nil)))
      tell()
      return number
    }

    /// Another connection goes on.
    mutating func others(_ count: Int) {
      recording.connection = 2
      recording.open()
      for _ in 0..<count { recording.ask(MTA.mail("<carol@example.org>")) }
      recording.connection = 1
      tell()
    }

    mutating func release(_ number: Int, _ cause: Cause) {
      recording.append(.released(Released(number: number, outcome: .forwarded, cause: cause)))
      tell()
    }

    mutating func tell() {
      for record in recording.records[source.count...] { source.append(record) }
      driver.send(.appended)
      driver.settle()
    }
  }

  @Test func aHoldStopsFollowing() {
    var play = Play()
    #expect(play.driver.model.selectedPacket == play.held)
    play.others(40)
    #expect(play.driver.model.selectedPacket == play.held)
    play.driver.press("a")
    #expect(play.driver.effects == [.instruct(.forward, packet: play.held)])
    play.release(play.held, .operator)
    #expect(play.driver.model.selectedPacket != play.held)
  }

  @Test func aDeadlineMovesNothing() {
    var play = Play()
    play.release(play.held, .timeout)
    play.others(3)
    #expect(play.driver.model.selectedPacket == play.held)
    play.driver.press("G")
    #expect(play.driver.model.selectedPacket != play.held)
  }

  @Test func steppingGoesAlongTheConnection() {
    var play = Play()
    play.driver.press("k s")
    #expect(play.driver.effects == [.instruct(.step, packet: play.held)])
    play.release(play.held, .operator)
    play.others(5)
    let next = play.hold(MTA.data)
    #expect(play.driver.model.selectedPacket == next)
  }

  @Test func whatWaitsNextIsSelected() {
    var play = Play()
    play.recording.connection = 2
    play.recording.open()
    let other = play.hold(MTA.mail("<dan@example.org>"))
    #expect(play.driver.model.selectedPacket == play.held)
    play.driver.press("v r")
    play.release(play.held, .operator)
    #expect(play.driver.model.selectedPacket == other)
  }

  @Test(arguments: ["a": "forward", "s": "step", "v r": "reject", "D y": "drop"])
  func keysMeanTheHeldPacketOfTheConnection(_ keys: String, asks: String) throws {
    var play = Play()
    play.driver.press("g")
    #expect(play.driver.model.selectedPacket != play.held)
    play.driver.press(keys)
    #expect(play.driver.effects == [.instruct(try Instruction(parsing: asks), packet: play.held)])
  }

  @Test func thatItIsMeantIsSaid() {
    var play = Play()
    play.driver.press("g a")
    #expect(play.driver.model.status?.text == "packet \(play.held) is the one held on c1")
    play.driver.press("e")
    #expect(play.driver.text.contains { $0.contains("edit packet \(play.held)") })
  }

  /// Prompts and menus are about what was selected as they opened, whether it is held or not.
  @Test func aPromptKeepsItsPacket() {
    var play = Play()
    play.release(play.held, .operator)
    play.driver.press("G")
    let noted = play.driver.model.selectedPacket
    play.driver.press(";")
    play.others(4)
    #expect(play.driver.model.selectedPacket == noted)
    play.driver.type("odd")
    play.driver.press("Enter")
    #expect(play.driver.effects == noted.map { [.instruct(.note("odd"), packet: $0)] })
  }

  @Test func whatWasHeldWhenAMenuOpenedIsForNoOther() {
    var play = Play()
    play.driver.press("v o")
    play.release(play.held, .timeout)
    play.hold(MTA.data)
    play.driver.type("no")
    play.driver.press("Enter")
    #expect(play.driver.effects == [])
    #expect(play.driver.model.status?.text.contains("no longer held") ?? false)
  }
}
