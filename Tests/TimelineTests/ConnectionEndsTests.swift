import Testing

@testable import Timeline

@Suite struct ConnectionEndsTests {
  @Test func ofTooManyOpenConnectionsTheOldestIsForgotten() {
    var ends = ConnectionEnds()
    var remembered: Set<Int> = []
    func begin(_ connection: Int) -> Int? {
      remembered.insert(connection)
      let over = ends.began(connection, remembered: remembered.count) { remembered.contains($0) }
      if let over { remembered.remove(over) }
      return over
    }
    for connection in 1...ConnectionEnds.mostOpen { #expect(begin(connection) == nil) }
    // The second has ended meanwhile, so one more has room.
    remembered.remove(2)
    #expect(begin(100_000) == nil)
    #expect(begin(100_001) == 1)
    #expect(begin(100_002) == 3)
    #expect(remembered.count == ConnectionEnds.mostOpen)
  }

  @Test func whatHasEndedIsNotRemembered() {
    var ends = ConnectionEnds()
    for connection in 1...20_000 {
      #expect(ends.began(connection, remembered: 1) { $0 == connection } == nil)
    }
    // Those before are long gone, and cost nothing.
    #expect(ends.began(30_000, remembered: ConnectionEnds.mostOpen + 1) { _ in true } != nil)
  }
}
