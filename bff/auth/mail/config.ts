/** How mail is sent, and in whose name. */
export type MailConfig = {
  host: string
  port: number
  /** TLS from the first byte, or asked for by STARTTLS, or only where it is offered */
  tls: 'always' | 'starttls' | 'offered'
  login: { user: string; password: string } | undefined
  /** PEM file of authorities, beside the known ones */
  caFile: string | undefined
  /** the sender's address; the name beside it is the organisation's */
  from: string
}

/** What letters say of the server: whose it is, and where. */
export type Sender = {
  organisation: string
  /** the address that browsers use, with the prefix: `https://assay.example.org/ml` */
  address: string
}
