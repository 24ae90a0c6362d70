/// Sizes that the peers or this program hold packets to.
package enum Limits {
  /// Bytes of the length field in front of every packet (`MILTER_LEN_BYTES`, libmilter `mfdef.h`).
  package static let lengthBytes = 4
  /// Length field and code: the bytes before the payload.
  package static let headerBytes = 5
  /// Largest payload of a classic packet (`MILTER_MAX_DATA_SIZE`); bodies are cut into chunks of this size.
  package static let chunkBytes = 65_535
  /// Fixed part of an OPTNEG payload (`MILTER_OPTLEN`).
  package static let optNegBytes = 12
  /// The latest version of the protocol (`SMFI_PROT_VERSION`).
  package static let newestVersion: UInt32 = 6
  /// Largest length field that Postfix takes (`INT_MAX/2`, `milter8.c` "unreasonable packet length").
  package static let reasonableLength = 0x3FFF_FFFF
  /// Largest payload that is kept whole and decoded; covers `MILTER_MDS_1M`. Longer packets pass by undecoded.
  package static let decodedPayloadBytes = 1_048_576
}
