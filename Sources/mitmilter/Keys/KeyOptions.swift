import ArgumentParser
import Delivery
import MilterProtocol
import ProxyRuntime
import Signatures
import TraceFormat

/// Keys for whoever wants signatures verified.
struct KeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Verify signatures with the key in this file, a DNS record (v=DKIM1; p=…) or PEM; can be given again.",
      valueName: "file"))
  var dkimKey: [String] = []

  /// Nil where none is given.
  func keys() throws -> GivenKeys? { dkimKey.isEmpty ? nil : try GivenKeys(files: dkimKey) }
}

/// The keys that were given, and the program that verifies with them.
struct GivenKeys {
  private let openSSL: OpenSSL
  private let keys: [(key: SigningKey, kind: OpenSSL.Kind)]

  /// A key is shorter by far.
  private static let limit = 1 << 20

  init(files: [String]) throws {
    openSSL = try OpenSSL()
    var keys: [(SigningKey, OpenSSL.Kind)] = []
    for path in files {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      let text = try wholeFile(path, limit: Self.limit) { tell($0) }
      do {
        let key = try SigningKey(text, fileName: name)
        guard let kind = try openSSL.kind(of: key.forOpenSSL) else {
          throw SigningKey.Unreadable(words: "openssl reads no RSA or Ed25519 key there")
        }
        keys.append((key, kind))
      } catch let cause as SigningKey.Unreadable {
        throw Failure(
          "--dkim-key '\(ListingText.inert(path))': \(cause.words)",
          hint: "dig +short TXT SELECTOR._domainkey.DOMAIN prints the record of a domain")
      }
    }
    self.keys = keys
  }

  /// What one signature comes to.
  func story(_ item: SignatureChecks.Item, mta: String) throws(FileFailure) -> SignatureStory {
    let before = try item.before.map { check throws(FileFailure) in try answer(check) }
    // What nobody touched is asked once.
    let after = try item.after.map { check throws(FileFailure) in
      check == item.before ? before ?? .noKey : try answer(check)
    }
    return SignatureStory(
      item.signature, before: before, after: after, item.fate, breakers: item.breakers, mta: mta)
  }

  private func answer(_ check: SignatureCheck) throws(FileFailure) -> SignatureAnswer {
    let signature = check.signature
    guard let algorithm = signature.algorithm, let value = base64Decoded(signature.value) else {
      return .algorithm
    }
    let kind: OpenSSL.Kind = algorithm == .rsa ? .rsa : .ed25519
    let fitting = keys.filter { $0.kind == kind }
    let own = fitting.filter { $0.key.isOf(signature) == true }
    let tried = own.isEmpty ? fitting.filter { $0.key.isOf(signature) == nil } : own
    if tried.isEmpty { return .noKey }
    var isVerified = false
    for (key, kind) in tried where !isVerified {
      isVerified = try openSSL.verifies(value, of: check.digest, with: key.forOpenSSL, kind)
    }
    guard isVerified else { return own.isEmpty ? .noKeyFits : .headers }
    return check.bodyFits.map { $0 ? .valid : .body } ?? .bodyUnseen
  }
}

extension SigningKey {
  fileprivate var forOpenSSL: OpenSSL.Key { OpenSSL.Key(pem: pem, isPrivate: isPrivate) }
}
