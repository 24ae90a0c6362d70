import MilterProtocol

/// What an MTA knows of itself and of its client, and what it is to say otherwise than it would.
package struct SendingSession: Sendable, Equatable {
  package var mta: MTAChoice
  package var offer: OptNeg
  /// Name of the MTA's own host.
  package var host = bytes("mx.example.net")
  /// Its address, as the client sees it; nil for one that goes with the client's.
  package var client = Client()
  /// nil where the client says none.
  package var helo: [UInt8]? = bytes("mail.example.org")
  /// Who logged in.
  package var user: [UInt8]?
  /// What the client says behind its HELO, and the MTA does not know.
  package var unknown: [[UInt8]] = []
  /// STARTTLS is used.
  package var isEncrypted = false
  package var macros = OwnMacros()
  /// The session ends behind the last command of that stage; nil for at its end.
  package var lastStage: Stage?

  package struct Client: Sendable, Equatable {
    /// nil for a client whose address is not known.
    package var address: IPAddress? = IPAddress(ipv4: bytes("192.0.2.25")[...])
    package var port: UInt16 = 40_025
    /// What its address resolves to; nil for a name that is not known.
    package var name: [UInt8]? = bytes("mail.example.org")

    package init() {}
  }

  /// - Parameter offer: nil for all that version 6 has.
  package init(as mta: MTAChoice, offer: OptNeg? = nil) {
    self.mta = mta
    self.offer = offer ?? Self.offer(version: Limits.newestVersion)
  }

  /// What both MTAs offer by default; of an older version what Postfix does with that `milter_protocol` (seen with 3.7).
  package static func offer(version: UInt32) -> OptNeg {
    let flags: UInt32 =
      switch version {
      case ...2: 0x7F
      case 3: 0x17F
      case 4, 5: 0x37F
      case _: ProtocolFlags.current.rawValue
      }
    return OptNeg(version: version, actions: .current, protocolFlags: ProtocolFlags(rawValue: flags))
  }
}

/// Macros that are to have other values than an MTA would give them, or none.
package struct OwnMacros: Sendable, Equatable {
  private var set: [Own] = []
  /// Without braces.
  private var dropped: [[UInt8]] = []

  private struct Own: Sendable, Equatable {
    /// nil for wherever an MTA sends it.
    var stage: MacroStage?
    /// Without braces.
    var name: [UInt8]
    var value: [UInt8]
  }

  package init() {}

  package mutating func set(_ name: [UInt8], to value: [UInt8], at stage: MacroStage? = nil) {
    set.append(Own(stage: stage, name: Array(KnownMacro.bareName(name)), value: value))
  }

  package mutating func drop(_ name: [UInt8]) { dropped.append(Array(KnownMacro.bareName(name))) }

  func drops(_ bareName: [UInt8]) -> Bool { dropped.contains(bareName) }

  /// The last one that was set counts.
  func value(_ bareName: [UInt8], at stage: MacroStage) -> [UInt8]? {
    set.last { $0.name == bareName && $0.stage ?? stage == stage }?.value
  }

  /// Names of those that are to be sent at a stage though its list does not have them.
  ///
  /// - Parameter lists: what is sent at each stage by itself.
  func added(at stage: MacroStage, lists: (MacroStage) -> [[UInt8]]) -> [[UInt8]] {
    var names: [[UInt8]] = []
    for own in set where !names.contains(own.name) {
      if lists(stage).contains(where: { $0.elementsEqual(own.name) }) { continue }
      let place =
        own.stage ?? MacroStage.allCases.first { lists($0).contains(own.name) } ?? Self.usual(own.name)
      if place == stage { names.append(own.name) }
    }
    return names
  }

  /// Where an MTA sends it by default; at CONNECT what none does.
  private static func usual(_ name: [UInt8]) -> MacroStage {
    let wire = name.count == 1 ? name : [0x7B] + name + [0x7D]
    let text = String(decoding: wire, as: UTF8.self)
    return MacroStage.allCases.first {
      $0.postfixDefault.contains(text) || $0.sendmailDefault.contains(text)
    } ?? .connect
  }
}

func bytes(_ text: some StringProtocol) -> [UInt8] { Array(text.utf8) }
