import Foundation
import MilterProtocol
import Sending
import TestSupport

/// A session of a real MTA with a milter: what the SMTP client said, and every packet of both sides.
struct RecordedSession: Sendable, CustomStringConvertible {
  let name: String
  let client: [String]
  let packets: [Packet]

  var description: String { name }
  var mta: MTAChoice { name.hasPrefix("postfix") ? .postfix : .sendmail }
  var commands: [Packet] { packets.filter { $0.sender == .mta } }
  var replies: [Packet] { packets.filter { $0.sender == .milter } }

  static let all: [RecordedSession] = Fixtures.text("sessions.jsonl").split(separator: "\n").map { line in
    guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      let name = object["name"] as? String, let client = object["client"] as? [String],
      let packets = object["packets"] as? [String]
    else { preconditionFailure("a line of sessions.jsonl is none") }
    return RecordedSession(name: name, client: client, packets: packets.map(Self.packet))
  }

  /// `>` or `<` for the sender, then code and payload, a character a byte.
  private static func packet(_ text: String) -> Packet {
    let scalars = Array(text.unicodeScalars)
    let bytes = scalars.dropFirst().map { UInt8($0.value) }
    return Packet(
      code: bytes[0], payload: bytes[1...], from: scalars.first == ">" ? .mta : .milter)
  }

  // MARK: - The same once more

  /// What the client said as mails, with the queue ids that they had.
  var mails: [SentMail] {
    var mails: [SentMail] = []
    for line in client {
      if let sender = Self.envelope(line, "MAIL FROM:") {
        mails.append(SentMail(from: sender, to: [], queueID: [], TakenMail([], as: mta)))
      } else if let recipient = Self.envelope(line, "RCPT TO:"), !mails.isEmpty {
        mails[mails.count - 1].recipients.append(recipient)
      } else if line.hasSuffix("."), !mails.isEmpty {
        mails[mails.count - 1].mail = TakenMail(Self.unstuffed(line), as: mta)
      }
    }
    for (place, id) in queueIDs.enumerated() where mails.indices.contains(place) { mails[place].queueID = id }
    if let arrival {
      for place in mails.indices { mails[place].complete(by: session, at: arrival) }
    }
    return mails
  }

  /// The MTA as it was set up: names and ports that are its own.
  var session: SendingSession {
    var session = SendingSession(as: mta)
    session.helo = nil
    for case .command(let command) in packets.map({ PacketValue(decoding: $0) }) {
      switch command {
      case .optNeg(let offer): session.offer = offer
      case .connect(let connect): session.client = Self.client(connect)
      case .macro(let set): take(set, &session)
      default: break
      }
    }
    let helos = client.filter { $0.hasPrefix("EHLO ") || $0.hasPrefix("HELO ") }
    session.helo = helos.first.map { bytes(String($0.dropFirst(5))) }
    return session
  }

  /// How mail is routed there, and what the MTA is called.
  private func take(_ set: MacroSet, _ session: inout SendingSession) {
    let own = ["mail_host", "mail_mailer", "rcpt_host", "rcpt_mailer", "daemon_addr", "v", "if_name"]
    for pair in set.pairs {
      let name = String(decoding: KnownMacro.bareName(pair.name), as: UTF8.self)
      if name == "j" { session.host = pair.value }
      if own.contains(name) || name == "daemon_name" && mta == .sendmail {
        session.macros.set(pair.name, to: pair.value)
      }
    }
  }

  /// By the headers that the MTA added; nil where it added none.
  private var arrival: Arrival? {
    var headers: [String: String] = [:]
    for case .command(.header(let header)) in packets.map({ PacketValue(decoding: $0) }) {
      headers[String(decoding: header.name, as: UTF8.self)] = String(decoding: header.value, as: UTF8.self)
    }
    guard let date = headers["Date"], date.hasSuffix("(UTC)"), let id = headers["Message-Id"] else {
      return nil
    }
    return Arrival(date: date, stamp: String(id.dropFirst().prefix { $0 != "." }))
  }

  /// Of each mail; empty where no macro tells it.
  private var queueIDs: [[UInt8]] {
    var ids: [[UInt8]] = []
    for case .command(.macro(let set)) in packets.map({ PacketValue(decoding: $0) }) {
      if set.command == UInt8(ascii: "M") { ids.append([]) }
      guard let id = set.pairs.first(where: { $0.name == bytes("i") })?.value, !ids.isEmpty else { continue }
      ids[ids.count - 1] = id
    }
    return ids
  }

  private static func client(_ connect: Connect) -> SendingSession.Client {
    var client = SendingSession.Client()
    client.name = connect.hostname.first == UInt8(ascii: "[") ? nil : connect.hostname
    switch connect.family {
    case .inet(let port, let address): (client.port, client.address) = (port, IPAddress(address[...]))
    case .inet6(let port, let address):
      let text = address.starts(with: "IPv6:".utf8) ? address[5...] : address[...]
      (client.port, client.address) = (port, IPAddress(ipv6: text))
    case .unix, .unknown: client.address = nil
    }
    return client
  }

  private static func envelope(_ line: String, _ command: String) -> Envelope? {
    guard line.uppercased().hasPrefix(command) else { return nil }
    return Envelope(typed: bytes(String(line.dropFirst(command.count))))
  }

  /// Without the dots of SMTP.
  private static func unstuffed(_ text: String) -> [UInt8] {
    var lines = text.components(separatedBy: "\r\n")
    lines.removeLast()
    return lines.flatMap { bytes($0.hasPrefix(".") ? String($0.dropFirst()) : $0) + [0x0D, 0x0A] }
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
