/** The form of the documents that `npm run sbom` writes: the part of SPDX 2.3 that they use, and nothing else. */
export const spdxSchema = {
  type: "object",
  additionalProperties: false,
  required: [
    "spdxVersion",
    "dataLicense",
    "SPDXID",
    "name",
    "documentNamespace",
    "creationInfo",
    "packages",
    "relationships",
  ],
  properties: {
    spdxVersion: { const: "SPDX-2.3" },
    dataLicense: { const: "CC0-1.0" },
    SPDXID: { const: "SPDXRef-DOCUMENT" },
    name: { type: "string", minLength: 1 },
    documentNamespace: { type: "string", pattern: "^https://[^#]+$" },
    creationInfo: {
      type: "object",
      additionalProperties: false,
      required: ["created", "creators"],
      properties: {
        created: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$" },
        creators: { type: "array", minItems: 1, items: { type: "string", pattern: "^Tool: .+" } },
      },
    },
    packages: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["SPDXID", "name", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared"],
        properties: {
          SPDXID: { $ref: "#/$defs/id" },
          name: { type: "string", minLength: 1 },
          versionInfo: { type: "string" },
          packageFileName: { type: "string" },
          downloadLocation: { const: "NOASSERTION" },
          filesAnalyzed: { const: false },
          primaryPackagePurpose: {
            enum: ["APPLICATION", "LIBRARY", "CONTAINER", "OPERATING_SYSTEM", "FILE"],
          },
          checksums: { type: "array", minItems: 1, items: { $ref: "#/$defs/checksum" } },
          sourceInfo: { type: "string" },
          licenseConcluded: { const: "NOASSERTION" },
          licenseDeclared: { type: "string", minLength: 1 },
          copyrightText: { const: "NOASSERTION" },
          externalRefs: { type: "array", minItems: 1, items: { $ref: "#/$defs/reference" } },
        },
      },
    },
    relationships: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["spdxElementId", "relationshipType", "relatedSpdxElement"],
        properties: {
          spdxElementId: { $ref: "#/$defs/id" },
          relationshipType: {
            enum: [
              "DESCRIBES",
              "CONTAINS",
              "DEPENDENCY_OF",
              "DEV_DEPENDENCY_OF",
              "OPTIONAL_DEPENDENCY_OF",
              "RUNTIME_DEPENDENCY_OF",
              "GENERATED_FROM",
            ],
          },
          relatedSpdxElement: { $ref: "#/$defs/id" },
        },
      },
    },
  },
  $defs: {
    id: { type: "string", pattern: "^SPDXRef-[A-Za-z0-9.-]+$" },
    checksum: {
      oneOf: [
        {
          type: "object",
          additionalProperties: false,
          required: ["algorithm", "checksumValue"],
          properties: {
            algorithm: { const: "SHA256" },
            checksumValue: { type: "string", pattern: "^[0-9a-f]{64}$" },
          },
        },
        {
          type: "object",
          additionalProperties: false,
          required: ["algorithm", "checksumValue"],
          properties: {
            algorithm: { const: "SHA512" },
            checksumValue: { type: "string", pattern: "^[0-9a-f]{128}$" },
          },
        },
      ],
    },
    reference: {
      type: "object",
      additionalProperties: false,
      required: ["referenceCategory", "referenceType", "referenceLocator"],
      properties: {
        referenceCategory: { enum: ["PACKAGE-MANAGER", "OTHER"] },
        referenceType: { enum: ["purl", "go-sum"] },
        referenceLocator: { type: "string", pattern: "^\\S+$" },
      },
    },
  },
} as const;
