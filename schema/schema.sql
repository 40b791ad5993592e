-- Generated from the migrations by `make generate`. DO NOT EDIT.

table account_event -- Who logged in, was refused, or did what to an account. detail is a code, never a value that somebody typed.
    id bigint not null generated always as identity
    at timestamp with time zone not null
    kind text not null
    institution_id uuid
    actor_id uuid
    user_id uuid
    detail text not null default ''::text
    constraint account_event_pkey PRIMARY KEY (id)
    constraint account_event_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES app_user(id)
    constraint account_event_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id)
    constraint account_event_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
    CREATE INDEX account_event_institution ON public.account_event USING btree (institution_id, id)
    CREATE TRIGGER account_event_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.account_event FOR EACH STATEMENT EXECUTE FUNCTION append_only()

table api_key -- API keys of institutions. The key itself is shown once and not kept; secret_sha256 is the hash of its 256 random bits.
    id text not null -- Public part of the key, by which it is listed and revoked.
    ik text not null
    sender_iks text[] not null -- Senders for which the institution may send besides itself, as a service company does.
    name text not null
    secret_sha256 bytea not null
    scopes text[] not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone not null
    revoked_at timestamp with time zone
    last_used_at timestamp with time zone -- Last use, to the minute.
    constraint api_key_pkey PRIMARY KEY (id)
    constraint api_key_check CHECK ((expires_at > created_at))
    constraint api_key_id_check CHECK ((id ~ '^[0-9a-z]{10}$'::text))
    constraint api_key_ik_check CHECK ((ik ~ '^[0-9]{9}$'::text))
    constraint api_key_scopes_check CHECK ((cardinality(scopes) > 0))
    constraint api_key_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
    CREATE INDEX api_key_ik ON public.api_key USING btree (ik)

table app_user -- A user of the service portal. Retention: locked after 6 months without login, erased 12 months later.
    id uuid not null
    institution_id uuid not null
    email text not null -- Address, and the name for the login.
    state text not null default 'active'::text
    created_at timestamp with time zone not null
    name text not null default ''::text
    role text not null default 'user'::text
    password_hash text not null default ''::text -- Argon2id with its parameters; empty: no login.
    old_hashes text[] not null default '{}'::text[] -- Hashes of the last five passwords, which cannot be used again.
    password_set_at timestamp with time zone
    password_initial boolean not null default true -- The password was made for the user and must be changed at the next login (REG-3).
    password_ends_at timestamp with time zone -- End of an initial password that was not used.
    code_secret bytea not null default '\x'::bytea -- Secret of the one-time codes, AES-256-GCM with the id of the key in front; empty: no login.
    code_last_step bigint not null default 0 -- Time step of the last one-time code used: no code works twice (ASVS 6.5.1).
    last_login_at timestamp with time zone
    constraint app_user_pkey PRIMARY KEY (id)
    constraint app_user_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id)
    constraint app_user_initial_ends CHECK (((password_ends_at IS NULL) OR password_initial))
    constraint app_user_role_check CHECK ((role = ANY (ARRAY['administrator'::text, 'user'::text])))
    constraint app_user_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'active'::text, 'inactive'::text, 'locked'::text, 'deleted'::text])))
    CREATE UNIQUE INDEX app_user_email ON public.app_user USING btree (lower(email)) WHERE (state <> 'deleted'::text)
    CREATE INDEX app_user_institution ON public.app_user USING btree (institution_id)

table billing_case -- One prescription as billed. document holds person, prescription, diagnoses, approvals and sums as received. Social data. Retention: person fields erased with the invoice.
    id bigint not null
    invoice_id bigint not null
    received_on date not null
    no integer not null
    voucher_no text not null
    kvnr text not null
    segment integer not null
    byte_offset bigint not null
    positions integer not null
    billed_cents bigint not null
    corrected_cents bigint not null
    document json not null
    constraint billing_case_pkey PRIMARY KEY (id)
    constraint billing_case_corrected_cents_check CHECK ((corrected_cents >= 0))
    CREATE INDEX billing_case_invoice ON public.billing_case USING btree (invoice_id)

table blob -- Objects in the blob store that a row owns; key is the SHA-256 of the bytes in hex.
    key text not null
    size bigint not null
    created_at timestamp with time zone not null
    constraint blob_pkey PRIMARY KEY (key)
    constraint blob_size_check CHECK ((size >= 0))

table card_event -- Accepted events of an order, in the order in which they were applied. Person: data, known fields only. Erased with the order.
    order_id text not null
    seq bigint not null -- Counts the accepted events of the order: 1, 2, 3 without gap.
    sender_seq bigint not null -- The sender's number; numbers of refused events are missing here.
    event_id text not null
    type text not null
    at timestamp with time zone not null
    data jsonb not null
    applied_at timestamp with time zone not null
    constraint card_event_pkey PRIMARY KEY (order_id, seq)
    constraint card_event_order_id_fkey FOREIGN KEY (order_id) REFERENCES card_order(order_id)
    constraint card_event_check CHECK ((sender_seq >= seq))
    constraint card_event_seq_check CHECK ((seq >= 1))
    CREATE UNIQUE INDEX card_event_id ON public.card_event USING btree (event_id)
    CREATE UNIQUE INDEX card_event_sender_seq ON public.card_event USING btree (order_id, sender_seq)
    CREATE TRIGGER card_event_append_only BEFORE UPDATE ON public.card_event FOR EACH ROW EXECUTE FUNCTION append_only()

table card_event_parked -- Events that wait for a missing one before them, whole. Person: body. Gone as soon as they are decided.
    order_id text not null
    seq bigint not null -- The sender's number.
    message_id text not null
    body bytea not null
    parked_at timestamp with time zone not null
    constraint card_event_parked_pkey PRIMARY KEY (order_id, seq)
    constraint card_event_parked_order_id_fkey FOREIGN KEY (order_id) REFERENCES card_order(order_id)
    CREATE INDEX card_event_parked_at ON public.card_event_parked USING btree (parked_at)

table card_event_refused -- Events that changed nothing, whole, with the reason (CRD-1). Person: body. Retention: 90 days after solution, at most 1 year.
    id bigint not null generated always as identity
    order_id text -- Null if the message does not tell it.
    seq bigint
    message_id text not null
    reason text not null
    detail text not null -- Path of the field or name of the flag, never a value.
    state text not null -- State of the order at that moment; empty if the message could not be read as an event.
    body bytea not null
    refused_at timestamp with time zone not null
    constraint card_event_refused_pkey PRIMARY KEY (id)
    constraint card_event_refused_reason_check CHECK ((reason = ANY (ARRAY['schema'::text, 'sequence_taken'::text, 'too_many_parked'::text, 'unknown_order'::text, 'impossible_transition'::text, 'condition_not_met'::text, 'kind_not_for_product'::text])))
    CREATE INDEX card_event_refused_order ON public.card_event_refused USING btree (order_id, seq)

table card_order -- A card order: the fold of its accepted events (CRD-1). Person: e-mail address. State none: only refused or waiting events are known. Expiry is no stored state, valid_to tells it.
    order_id text not null
    product text not null default ''::text
    kind text not null default ''::text
    issuing_body text not null default ''::text
    email text not null default ''::text
    previous_card text not null default ''::text
    state text not null
    flags text[] not null -- What is known beside the state; sorted as in domain/card.
    card_pin_failures smallint not null default 0
    signature_pin_failures smallint not null default 0
    card_serial text not null default ''::text
    valid_from date
    valid_to date
    since timestamp with time zone -- When the event happened that led to the state.
    seq bigint not null -- Sender's number of the last event decided, accepted or refused; the next one expected is seq + 1.
    accepted bigint not null -- Number of accepted events = rows in card_event.
    created_at timestamp with time zone not null
    updated_at timestamp with time zone not null
    constraint card_order_pkey PRIMARY KEY (order_id)
    constraint card_order_card_pin_failures_check CHECK (((card_pin_failures >= 0) AND (card_pin_failures <= 3)))
    constraint card_order_check CHECK (((accepted >= 0) AND (accepted <= seq)))
    constraint card_order_check1 CHECK (((state = 'none'::text) = (accepted = 0)))
    constraint card_order_check2 CHECK (((product <> ''::text) OR (state = ANY (ARRAY['none'::text, 'cancelled'::text]))))
    constraint card_order_check3 CHECK (((kind <> 'additional'::text) OR (product = 'smcb'::text)))
    constraint card_order_check4 CHECK ((valid_to >= valid_from))
    constraint card_order_check5 CHECK (((card_serial <> ''::text) = (valid_to IS NOT NULL)))
    constraint card_order_flags_check CHECK ((flags <@ ARRAY['identified'::text, 'identification_waived'::text, 'documents_received'::text, 'documents_complete'::text, 'pin_letter_sent'::text, 'card_pin_locked'::text, 'signature_pin_locked'::text, 'contract_cancelled'::text]))
    constraint card_order_issued CHECK (((card_serial <> ''::text) OR (state <> ALL (ARRAY['shipped'::text, 'active'::text, 'spent'::text, 'revoked'::text]))))
    constraint card_order_kind_check CHECK ((kind = ANY (ARRAY[''::text, 'first'::text, 'follow_up'::text, 'additional'::text, 'exchange'::text, 'replacement'::text])))
    constraint card_order_product_check CHECK ((product = ANY (ARRAY[''::text, 'eha.physician'::text, 'eha.dentist'::text, 'eha.psychotherapist'::text, 'smcb'::text])))
    constraint card_order_seq_check CHECK ((seq >= 0))
    constraint card_order_signature_pin_failures_check CHECK (((signature_pin_failures >= 0) AND (signature_pin_failures <= 3)))
    constraint card_order_state_check CHECK ((state = ANY (ARRAY['none'::text, 'drafted'::text, 'submitted'::text, 'abandoned'::text, 'ordered'::text, 'in_release'::text, 'released'::text, 'release_refused'::text, 'in_production'::text, 'shipped'::text, 'active'::text, 'spent'::text, 'revoked'::text, 'cancelled'::text])))
    constraint card_order_triggered CHECK (((state = ANY (ARRAY['none'::text, 'drafted'::text, 'submitted'::text, 'abandoned'::text, 'cancelled'::text])) OR (('documents_complete'::text = ANY (flags)) AND (flags && ARRAY['identified'::text, 'identification_waived'::text]))))
    CREATE INDEX card_order_state ON public.card_order USING btree (state)

table case_change -- What a provider changed to heal a correction (COR-4); field and index as in domain/billing/heal. Social data.
    correction_case_id uuid not null
    correction_id uuid not null
    field text not null
    field_index integer not null
    old_value text not null
    value text not null
    changed_at timestamp with time zone not null
    constraint case_change_pkey PRIMARY KEY (correction_case_id, field, field_index)
    constraint case_change_correction_case_id_fkey FOREIGN KEY (correction_case_id) REFERENCES correction_case(id)
    constraint case_change_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES correction(id)

table case_event -- Who did what when with a correction case (COR-15). Values and notes are social data; erased with the case.
    id bigint not null generated always as identity
    correction_case_id uuid not null
    at timestamp with time zone not null
    actor_kind text not null
    actor_id text not null
    kind text not null
    correction_id uuid
    field text
    old_value text
    new_value text
    note text
    constraint case_event_pkey PRIMARY KEY (id)
    constraint case_event_correction_case_id_fkey FOREIGN KEY (correction_case_id) REFERENCES correction_case(id)
    constraint case_event_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'operator'::text, 'job'::text])))
    constraint case_event_kind_check CHECK ((kind = ANY (ARRAY['start'::text, 'heal'::text, 'accept'::text, 'note'::text, 'defer'::text, 'resume'::text, 'complete'::text, 'expire'::text, 'recheck'::text, 'objection'::text])))
    CREATE INDEX case_event_case ON public.case_event USING btree (correction_case_id, id)
    CREATE TRIGGER case_event_append_only BEFORE UPDATE ON public.case_event FOR EACH ROW EXECUTE FUNCTION append_only()

sequence case_id_block -- Each value hands out a block of 4096 case ids (store/ids.go).

table contract_term -- Terms of contracts beside the price (CHK-2). tariff empty: all tariffs of the billing code; item empty: the contract itself. Quantities and rates in hundredths; 0 is no limit.
    import_id bigint not null
    billing_code text not null
    tariff text not null
    item text not null
    item_kind text not null
    therapy_area text not null
    approval_from_cents bigint
    max_per_day bigint not null
    age_from integer not null
    age_to integer not null
    fixed_cents bigint
    reuse_cents bigint
    vat_rate bigint
    excludes text not null
    surcharge text not null
    late_months integer not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint contract_term_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint contract_term_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    constraint contract_term_check CHECK (((valid_to IS NULL) OR (valid_to >= valid_from)))
    CREATE UNIQUE INDEX contract_term_current ON public.contract_term USING btree (billing_code, tariff, item, valid_from) WHERE (superseded_by IS NULL)

table correction -- Berichtigung: an amount not paid, with its reason (CHK-3, CHK-4). One per finding with money effect (INV-7).
    id uuid not null
    invoice_id bigint not null
    case_id bigint not null
    position_no integer
    correction_case_id uuid not null
    rule_code text not null
    rule_version integer not null
    check_run integer not null default 1
    amount_cents bigint not null
    gross_cut_cents bigint not null
    copay_cut_cents bigint not null
    text text not null
    heal text not null
    state text not null default 'open'::text
    in_force boolean not null default true
    created_at timestamp with time zone not null
    settled_by text -- How the provider settled it: by a change of the data, or by accepting what is cut.
    constraint correction_pkey PRIMARY KEY (id)
    constraint correction_correction_case_id_fkey FOREIGN KEY (correction_case_id) REFERENCES correction_case(id)
    constraint correction_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint correction_amount_cents_check CHECK ((amount_cents > 0))
    constraint correction_settled_by_check CHECK ((settled_by = ANY (ARRAY['heal'::text, 'accept'::text])))
    constraint correction_state_check CHECK ((state = ANY (ARRAY['open'::text, 'corrected'::text])))
    CREATE INDEX correction_created ON public.correction USING btree (created_at)
    CREATE INDEX correction_invoice ON public.correction USING btree (invoice_id)
    CREATE INDEX correction_of_case ON public.correction USING btree (correction_case_id)
    CREATE UNIQUE INDEX correction_once ON public.correction USING btree (case_id, COALESCE(position_no, '-1'::integer), rule_code, check_run)

table correction_case -- Vorgang: what a provider works on (COR-2). editable_until: 3 months from provision, end of the Berlin day (COR-8); visible_until: 3 months after completion (COR-10).
    id uuid not null
    case_id bigint not null
    invoice_id bigint not null
    provider_ik text not null
    payee_ik text not null
    provider_group text not null
    voucher_no text not null
    corrected_cents bigint not null
    state text not null
    provided_at timestamp with time zone not null
    editable_until timestamp with time zone not null
    follow_up_on date
    completed_at timestamp with time zone
    completed_by text
    visible_until timestamp with time zone
    erased_at timestamp with time zone
    version integer not null default 1 -- Counts the steps of users; who works on an older version is told so (F-66).
    check_run integer not null default 1 -- The check that made the case: 1 at receipt, then one more with each re-check (CHK-7).
    follow_up_reason text -- Why the case is put off, in the words of the user. Social data.
    outcome text -- What the re-check decided; null until then, and of cases that ended by their deadline.
    refused_by text -- Rule for which the re-check refused the changed data; the corrections stay as they were. Empty: the money was paid already.
    successor uuid -- The case that holds what the re-check left open or found anew.
    constraint correction_case_pkey PRIMARY KEY (id)
    constraint correction_case_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint correction_case_successor_fkey FOREIGN KEY (successor) REFERENCES correction_case(id)
    constraint correction_case_check CHECK (((state = 'completed'::text) = (completed_at IS NOT NULL)))
    constraint correction_case_check1 CHECK (((completed_at IS NULL) = (completed_by IS NULL)))
    constraint correction_case_completed_by_check CHECK ((completed_by = ANY (ARRAY['provider'::text, 'deadline'::text, 'operator'::text])))
    constraint correction_case_corrected_cents_check CHECK ((corrected_cents > 0))
    constraint correction_case_decided_check CHECK (((outcome IS NULL) OR ((state = 'completed'::text) AND (completed_by = 'provider'::text))))
    constraint correction_case_follow_up_check CHECK (((state <> 'follow_up'::text) OR (follow_up_on IS NOT NULL)))
    constraint correction_case_outcome_check CHECK ((outcome = ANY (ARRAY['approved'::text, 'corrected'::text, 'refused'::text])))
    constraint correction_case_state_check CHECK ((state = ANY (ARRAY['new'::text, 'in_progress'::text, 'follow_up'::text, 'completed'::text])))
    constraint correction_case_successor_check CHECK (((successor IS NULL) OR (outcome IS NOT NULL)))
    CREATE INDEX correction_case_open ON public.correction_case USING btree (editable_until) WHERE (state <> 'completed'::text)
    CREATE INDEX correction_case_payee ON public.correction_case USING btree (payee_ik, state)
    CREATE INDEX correction_case_provider ON public.correction_case USING btree (provider_ik, state)
    CREATE UNIQUE INDEX correction_case_run ON public.correction_case USING btree (case_id, check_run)

table delivery -- One Auftragsdatei and one Nutzdatendatei as received (DTA-1). The raw bytes are the blob. Retention: until all its cases are completed + 3 months.
    id uuid not null
    message_id text not null
    sender_ik text not null
    recipient_ik text
    transfer_name text
    exchange_reference text
    provider_group text
    test_indicator text
    wire_created_on date
    payload_sha256 bytea not null
    blob_key text
    size_bytes bigint not null
    segments bigint not null default 0
    state text not null
    claimed_invoices integer not null default 0
    claimed_cents bigint not null default 0 -- Sum of what the statements of the file demand, in cents; equals invoice.billed_cents + refused_invoice.billed_cents (INV-3).
    duplicate_of uuid
    received_at timestamp with time zone not null
    received_on date not null
    erased_at timestamp with time zone
    order_file bytea -- The Auftragsdatei as received, null where none came.
    constraint delivery_pkey PRIMARY KEY (id)
    constraint delivery_blob_key_fkey FOREIGN KEY (blob_key) REFERENCES blob(key)
    constraint delivery_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES delivery(id)
    constraint delivery_state_check CHECK ((state = ANY (ARRAY['accepted'::text, 'partly_rejected'::text, 'rejected'::text, 'duplicate'::text, 'quarantined'::text])))
    CREATE INDEX delivery_message ON public.delivery USING btree (message_id)
    CREATE UNIQUE INDEX delivery_payload_once ON public.delivery USING btree (payload_sha256) WHERE (state = ANY (ARRAY['accepted'::text, 'partly_rejected'::text]))
    CREATE INDEX delivery_received ON public.delivery USING btree (received_at)
    CREATE UNIQUE INDEX delivery_reference_once ON public.delivery USING btree (sender_ik, recipient_ik, exchange_reference, EXTRACT(year FROM wire_created_on), (
CASE
    WHEN (provider_group = ANY (ARRAY['300'::text, '295'::text])) THEN provider_group
    ELSE ''::text
END)) WHERE (state = ANY (ARRAY['accepted'::text, 'partly_rejected'::text])) -- P1009, APO-D07, IV-D02: sender, recipient and Datenaustauschreferenz (§ 300: the logical file name) identify an interchange of a procedure; the reference runs 00001-99999 and starts again, so the year is part of the key.

table delivery_error -- Errors of a receipt: stage, code, place, German text without any field value (DTA-6).
    delivery_id uuid not null
    no integer not null
    stage smallint not null
    code text not null
    severity text not null
    scope text not null
    segment integer not null
    byte_offset bigint not null
    tag text not null default ''::text
    element smallint not null default 0
    component smallint not null default 0
    text text not null
    constraint delivery_error_pkey PRIMARY KEY (delivery_id, no)
    constraint delivery_error_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) DEFERRABLE INITIALLY DEFERRED

table erezept -- One accepted prescription of a TA7 file, for the comparison with ABRP (spec/dta-300 section 3.4). The signed documents are in the blob of the delivery.
    delivery_id uuid not null
    sender_ik text not null
    invoice_number text not null
    prescription_id text not null
    voucher_no text not null
    gross_cents bigint not null
    copay_cents bigint not null
    constraint erezept_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) DEFERRABLE INITIALLY DEFERRED
    CREATE INDEX erezept_delivery ON public.erezept USING btree (delivery_id)
    CREATE INDEX erezept_invoice ON public.erezept USING btree (sender_ik, invoice_number)

table finding partition by RANGE (received_on) -- What a rule found: the log behind every decision (CHK-11). Social data.
    received_on date not null
    invoice_id bigint not null
    case_id bigint
    position_no integer
    check_run integer not null default 1
    rule text not null
    rule_version integer not null
    severity text not null
    segment integer not null
    byte_offset bigint not null
    billed_cents bigint not null
    corrected_cents bigint not null
    params json
    CREATE INDEX finding_invoice ON ONLY public.finding USING btree (invoice_id)

table inbox -- One row per message and consumer: the reason why an effect happens once (DTA-1, CRD-1). Retention: at least 400 days.
    consumer text not null
    message_id text not null
    body_sha256 bytea not null
    state text not null
    received_at timestamp with time zone not null
    constraint inbox_pkey PRIMARY KEY (consumer, message_id)
    constraint inbox_state_check CHECK ((state = ANY (ARRAY['new'::text, 'done'::text, 'quarantined'::text])))

table institution
    id uuid not null
    name text not null
    created_at timestamp with time zone not null
    constraint institution_pkey PRIMARY KEY (id)

table institution_ik
    ik text not null
    institution_id uuid not null
    constraint institution_ik_pkey PRIMARY KEY (ik)
    constraint institution_ik_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id)

table invoice -- One Einzelrechnung that passed stages 1-3. approved + corrected = billed at every commit (CHK-3).
    id bigint not null
    delivery_id uuid not null
    received_on date not null
    provider_group text not null -- Leistungserbringersammelgruppe A to S of § 302, else the procedure: 300, 295.
    collective_number text not null
    single_number text not null
    invoice_date date not null
    kind smallint not null
    processing_code smallint not null
    provider_ik text not null
    payer_ik text not null
    fund_ik text not null
    biller_ik text not null default ''::text
    payee_ik text not null -- The IK that is paid and under which the invoice is looked up: the billing service of Rechnungsart 3, else the provider (RP-5).
    segment integer not null
    byte_offset bigint not null
    cases integer not null
    positions integer not null
    billed_cents bigint not null
    approved_cents bigint not null
    corrected_cents bigint not null
    cancelled_cents bigint not null default 0 -- What a Storno took back while it was still open (§ 295).
    state text not null
    created_at timestamp with time zone not null
    constraint invoice_pkey PRIMARY KEY (id)
    constraint invoice_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) DEFERRABLE INITIALLY DEFERRED
    constraint invoice_approved_cents_check CHECK ((approved_cents >= 0))
    constraint invoice_billed_cents_check CHECK ((billed_cents >= 0))
    constraint invoice_cancelled_cents_check CHECK (((cancelled_cents >= 0) AND (cancelled_cents <= billed_cents)))
    constraint invoice_cancelled_check CHECK (((cancelled_cents = 0) OR (state = 'cancelled'::text)))
    constraint invoice_check CHECK (((approved_cents + corrected_cents) = billed_cents))
    constraint invoice_claim_check CHECK ((cancelled_cents <= approved_cents))
    constraint invoice_corrected_cents_check CHECK ((corrected_cents >= 0))
    constraint invoice_kind_check CHECK (((kind >= 1) AND (kind <= 3)))
    constraint invoice_state_check CHECK ((state = ANY (ARRAY['approved'::text, 'corrected'::text, 'refused'::text, 'paid'::text, 'cancelled'::text])))
    CREATE INDEX invoice_claim ON public.invoice USING btree (payee_ik, payer_ik) WHERE ((state = 'cancelled'::text) AND (cancelled_cents < approved_cents))
    CREATE INDEX invoice_delivery ON public.invoice USING btree (delivery_id)
    CREATE INDEX invoice_key ON public.invoice USING btree (provider_ik, collective_number, single_number, invoice_date)
    CREATE INDEX invoice_lookup ON public.invoice USING btree (payee_ik, collective_number, invoice_date)
    CREATE INDEX invoice_number ON public.invoice USING btree (fund_ik, collective_number, single_number)
    CREATE INDEX invoice_payable ON public.invoice USING btree (payee_ik, payer_ik, received_on) WHERE (state = ANY (ARRAY['approved'::text, 'corrected'::text]))
    CREATE INDEX invoice_single ON public.invoice USING btree (provider_ik, single_number) WHERE (provider_group = '295'::text)
    CREATE INDEX invoice_single_lookup ON public.invoice USING btree (payee_ik, single_number, invoice_date) WHERE (provider_group = '295'::text)

sequence invoice_id_block -- Each value hands out a block of 4096 invoice ids (store/ids.go).

table job_calendar
    job text not null
    due timestamp with time zone not null
    constraint job_calendar_pkey PRIMARY KEY (job, due)

table job_run -- The row decides that a due run happens once, with any number of replicas (JOB-7).
    job text not null
    due_at timestamp with time zone not null
    state text not null
    fence bigint not null default 1
    lease_until timestamp with time zone not null
    started_at timestamp with time zone not null
    finished_at timestamp with time zone
    items integer not null default 0
    failed integer not null default 0
    error_code text not null default ''::text
    constraint job_run_pkey PRIMARY KEY (job, due_at)
    constraint job_run_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])))

table ledger_entry -- Append-only double entry: every booking (txn_id) sums to zero.
    id bigint not null generated always as identity
    txn_id bigint not null
    invoice_id bigint not null
    account text not null
    amount_cents bigint not null
    booked_at timestamp with time zone not null
    constraint ledger_entry_pkey PRIMARY KEY (id)
    constraint ledger_entry_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint ledger_entry_account_check CHECK ((account = ANY (ARRAY['billed'::text, 'open'::text, 'corrected'::text, 'paid'::text])))
    CREATE INDEX ledger_entry_invoice ON public.ledger_entry USING btree (invoice_id)
    CREATE TRIGGER ledger_accounts AFTER INSERT ON public.ledger_entry REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION ledger_accounts_hold()
    CREATE TRIGGER ledger_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION append_only()
    CREATE TRIGGER ledger_zero AFTER INSERT ON public.ledger_entry REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION ledger_sums_to_zero()

sequence ledger_txn

table login_brake -- Failures in a row by account name or client address. key is a hash, also of names that do not exist, so that nobody can be read out of it.
    key bytea not null
    failures integer not null
    last_at timestamp with time zone not null
    blocked_until timestamp with time zone not null
    constraint login_brake_pkey PRIMARY KEY (key)
    constraint login_brake_key_check CHECK ((octet_length(key) = 32))

table lookup_result -- Result of a look-up without login, kept 15 minutes under a random id, so that no value stands in a URL (RP-7).
    id text not null
    kind text not null
    payload jsonb not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone not null
    constraint lookup_result_pkey PRIMARY KEY (id)
    CREATE INDEX lookup_result_expires ON public.lookup_result USING btree (expires_at)

table mail -- E-mails to send: planned, sending (committed before SMTP), sent; found in sending at start = unknown, not sent again (G-6).
    id uuid not null
    kind text not null
    dedup_key text not null
    user_id uuid
    local_day date not null
    recipient text not null
    subject text not null
    body_text text not null
    state text not null default 'planned'::text
    attempts integer not null default 0
    next_at timestamp with time zone not null
    error_code text not null default ''::text
    created_at timestamp with time zone not null
    sent_at timestamp with time zone
    taken_at timestamp with time zone -- Last time the mail was taken for sending; null before the first attempt.
    constraint mail_dedup_key_key UNIQUE (dedup_key)
    constraint mail_pkey PRIMARY KEY (id)
    constraint mail_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
    constraint mail_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'sending'::text, 'sent'::text, 'unknown'::text, 'failed'::text])))
    CREATE UNIQUE INDEX mail_digest_once ON public.mail USING btree (user_id, local_day) WHERE (kind = 'digest'::text)
    CREATE INDEX mail_due ON public.mail USING btree (next_at) WHERE (state = 'planned'::text)
    CREATE INDEX mail_taken ON public.mail USING btree (taken_at)

table objection -- Written objection that came on paper (COR-11). first_page names the first page of the correction letter that came with it.
    id uuid not null
    correction_case_id uuid not null
    received_on date not null
    first_page text not null
    recorded_by text not null
    recorded_at timestamp with time zone not null
    constraint objection_pkey PRIMARY KEY (id)
    constraint objection_correction_case_id_fkey FOREIGN KEY (correction_case_id) REFERENCES correction_case(id)
    constraint objection_first_page_check CHECK ((first_page <> ''::text))
    CREATE UNIQUE INDEX objection_once ON public.objection USING btree (correction_case_id, first_page)

table outbox -- Messages written in the transaction that causes them; the relay alone publishes (CHK-4). Retention: body erased 7 days after publication, that of a receipt with its delivery.
    id bigint not null generated always as identity
    event_id uuid not null
    kind text not null
    subject_id uuid
    topic text not null
    key text not null
    type text not null
    content_type text not null default 'application/json'::text
    headers jsonb
    body bytea
    created_at timestamp with time zone not null
    published_at timestamp with time zone
    constraint outbox_event_id_key UNIQUE (event_id)
    constraint outbox_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX outbox_correction ON public.outbox USING btree (subject_id) WHERE (kind = 'correction'::text)
    CREATE UNIQUE INDEX outbox_receipt ON public.outbox USING btree (subject_id) WHERE (kind = 'receipt'::text)
    CREATE INDEX outbox_unpublished ON public.outbox USING btree (id) WHERE (published_at IS NULL)

table payee -- Bank details and address of those who are paid, by IK (PAY-1). Person: name, address, account of payees who are natural persons.
    import_id bigint not null
    ik text not null
    name text not null
    street text not null
    city text not null
    iban text not null
    bic text not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint payee_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint payee_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    constraint payee_check CHECK (((valid_to IS NULL) OR (valid_to >= valid_from)))
    CREATE UNIQUE INDEX payee_current ON public.payee USING btree (ik, valid_from) WHERE (superseded_by IS NULL)

table payer
    import_id bigint not null
    ik text not null
    name text not null
    card_ik text not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint payer_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint payer_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    CREATE UNIQUE INDEX payer_current ON public.payer USING btree (ik, card_ik, valid_from) WHERE (superseded_by IS NULL)

table payment_run -- Zahllauf of a Berlin day. Vouchers are added until closed_at; then the transfer file follows from them, with the same bytes each time (PAY-2).
    run_on date not null
    execute_on date not null -- Bank day on which the bank is to execute the transfers.
    received_through date not null -- Invoices received up to this day were due.
    debtor_name text not null
    debtor_iban text not null
    debtor_bic text not null
    opened_at timestamp with time zone not null
    closed_at timestamp with time zone
    file_name text -- Name of the transfer file; null before it was written, or if nothing was to be transferred.
    file_sha256 bytea
    file_written_at timestamp with time zone
    constraint payment_run_pkey PRIMARY KEY (run_on)
    constraint payment_run_check CHECK (((file_name IS NULL) OR (closed_at IS NOT NULL)))
    constraint payment_run_check1 CHECK ((((file_name IS NULL) = (file_sha256 IS NULL)) AND ((file_name IS NULL) = (file_written_at IS NULL))))

table pharmacy_file -- An accepted § 300 file and its sums per Rechnungsnummer, pharmacy and status.
    delivery_id uuid not null
    sender_ik text not null
    kind text not null
    file_name text not null
    invoice_numbers text[] not null
    sums json
    constraint pharmacy_file_pkey PRIMARY KEY (delivery_id)
    constraint pharmacy_file_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) DEFERRABLE INITIALLY DEFERRED
    constraint pharmacy_file_kind_check CHECK ((kind = ANY (ARRAY['ABRP'::text, 'RECP'::text, 'TA7'::text])))
    CREATE INDEX pharmacy_file_numbers ON public.pharmacy_file USING gin (invoice_numbers)

table pharmacy_invoice -- How the files about a Rechnungsnummer of § 300 agree. Its invoices are payable when reconciled.
    sender_ik text not null
    number text not null
    state text not null
    differences json not null
    erx_missing integer not null default 0 -- E-Rezepte of ABRP that the TA7 files lack; unknown: of TA7 that ABRP lacks; differ: other Belegnummer or amounts. They only warn (APO-A01).
    erx_unknown integer not null default 0
    erx_differ integer not null default 0
    updated_at timestamp with time zone not null
    constraint pharmacy_invoice_pkey PRIMARY KEY (sender_ik, number)
    constraint pharmacy_invoice_state_check CHECK ((state = ANY (ARRAY['incomplete'::text, 'differs'::text, 'reconciled'::text])))

table position partition by RANGE (received_on) -- One billed service line. quantity in hundredths; copay_cents is the co-payment per unit; line_key the fingerprint for the duplicate check (CHK-5). Social data.
    received_on date not null
    invoice_id bigint not null
    no integer not null
    case_id bigint not null
    segment integer not null
    byte_offset bigint not null
    billing_code text not null
    tariff text not null
    item text not null
    quantity bigint not null
    price_cents bigint not null
    vat_cents bigint not null
    copay_cents bigint
    service_date date not null
    corrected_cents bigint not null
    line_key bigint
    extra json
    constraint position_pkey PRIMARY KEY (invoice_id, no, received_on)
    CREATE INDEX position_line_key ON ONLY public."position" USING btree (service_date, line_key) -- Duplicate check. The date comes first so that inserts and look-ups touch the recent part of the index only.

table prescription -- One billed prescription of § 300 (ABRP) that is no duplicate. prescription_id is the Rezept-ID of an E-Rezept. No foreign keys: bulk table.
    case_id bigint not null
    invoice_id bigint not null
    received_on date not null
    voucher_no text not null
    prescription_id text
    gross_cents bigint not null
    copay_cents bigint not null
    CREATE UNIQUE INDEX prescription_id_once ON public.prescription USING btree (prescription_id) WHERE (prescription_id IS NOT NULL)
    CREATE INDEX prescription_invoice ON public.prescription USING btree (invoice_id)
    CREATE UNIQUE INDEX prescription_voucher_once ON public.prescription USING btree (voucher_no)

table price
    import_id bigint not null
    billing_code text not null
    tariff text not null
    item text not null
    text_de text not null
    price_cents bigint not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint price_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint price_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    constraint price_check CHECK (((valid_to IS NULL) OR (valid_to >= valid_from)))
    CREATE UNIQUE INDEX price_current ON public.price USING btree (billing_code, tariff, item, valid_from, price_cents) WHERE (superseded_by IS NULL)

table provider
    import_id bigint not null
    ik text not null
    name text not null
    provider_group text not null
    billing_code text not null
    tariff text not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint provider_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint provider_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    CREATE UNIQUE INDEX provider_current ON public.provider USING btree (ik, provider_group, billing_code, tariff, valid_from) WHERE (superseded_by IS NULL)

table quarantine -- Unreadable input, whole, with its reason; an operator replays it (DTA-10). Social data. Retention: 90 days after solution, at most 1 year.
    id uuid not null
    consumer text not null
    topic text not null
    partition integer not null
    message_offset bigint not null
    message_id text not null
    key bytea
    headers jsonb not null
    body bytea not null
    reason_code text not null
    reason text not null
    state text not null default 'waiting'::text
    replays integer not null default 0
    created_at timestamp with time zone not null
    replayed_at timestamp with time zone
    constraint quarantine_pkey PRIMARY KEY (id)
    constraint quarantine_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'replayed'::text, 'dismissed'::text])))
    CREATE UNIQUE INDEX quarantine_once ON public.quarantine USING btree (consumer, topic, partition, message_offset, sha256(body))

table reference_import -- Each import of a reference list (CHK-6); rows replaced by a later import stay with superseded_by set.
    id bigint not null generated always as identity
    kind text not null
    sha256 bytea not null
    row_count integer not null
    imported_at timestamp with time zone not null
    constraint reference_import_pkey PRIMARY KEY (id)
    constraint reference_import_kind_check CHECK ((kind = ANY (ARRAY['prices'::text, 'payers'::text, 'providers'::text, 'senders'::text, 'payees'::text, 'terms'::text, 'tables'::text])))

table reference_key -- Keys that rules look up, by list: diagnoses, aids, the Heilmittelkatalog, holidays (CHK-2). value is a limit where the list gives one.
    import_id bigint not null
    list text not null
    key text not null
    value integer not null
    valid_from date not null
    valid_to date
    superseded_by bigint
    constraint reference_key_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint reference_key_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    constraint reference_key_check CHECK (((valid_to IS NULL) OR (valid_to >= valid_from)))
    CREATE UNIQUE INDEX reference_key_current ON public.reference_key USING btree (list, key, valid_from) WHERE (superseded_by IS NULL)

table refused_invoice -- Invoices that a delivery claimed and stages 1-3 refused; nothing of a person is kept.
    delivery_id uuid not null
    no integer not null
    collective_number text not null
    single_number text not null
    provider_ik text not null
    billed_cents bigint not null
    rule text not null
    segment integer not null
    byte_offset bigint not null
    constraint refused_invoice_pkey PRIMARY KEY (delivery_id, no)
    constraint refused_invoice_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) DEFERRABLE INITIALLY DEFERRED

table registration -- A request for access (REG-1). id is random and the only way to the page of its state.
    id text not null
    name text not null
    street text not null
    city text not null
    contact_name text not null
    email text not null
    phone text not null
    submitted_at timestamp with time zone not null
    institution_id uuid
    constraint registration_pkey PRIMARY KEY (id)
    constraint registration_institution_id_fkey FOREIGN KEY (institution_id) REFERENCES institution(id)
    constraint registration_id_check CHECK ((id ~ '^[A-Z2-7]{26}$'::text))

table registration_decision -- Decisions of operators. The key makes the second approval one of another operator (REG-2).
    registration_id text not null
    ik text not null
    operator text not null
    approved boolean not null
    reason text not null default ''::text
    at timestamp with time zone not null
    constraint registration_decision_pkey PRIMARY KEY (registration_id, ik, operator)
    constraint registration_decision_registration_id_ik_fkey FOREIGN KEY (registration_id, ik) REFERENCES registration_ik(registration_id, ik)
    constraint registration_decision_check CHECK ((approved = (reason = ''::text)))
    constraint registration_decision_operator_check CHECK ((operator <> ''::text))

table registration_ik -- One IK of a registration with its own document and decision (REG-4); position 0 is the IK of the institution itself.
    registration_id text not null
    ik text not null
    position smallint not null
    state text not null
    document_sha256 bytea not null
    media_type text not null
    bytes bigint not null
    constraint registration_ik_pkey PRIMARY KEY (registration_id, ik)
    constraint registration_ik_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES registration(id)
    constraint registration_ik_bytes_check CHECK ((bytes > 0))
    constraint registration_ik_document_sha256_check CHECK ((octet_length(document_sha256) = 32))
    constraint registration_ik_ik_check CHECK ((ik ~ '^[0-9]{9}$'::text))
    constraint registration_ik_state_check CHECK ((state = ANY (ARRAY['submitted'::text, 'checked'::text, 'approved'::text, 'refused'::text, 'completed'::text])))
    CREATE INDEX registration_open ON public.registration_ik USING btree (registration_id) WHERE (state = ANY (ARRAY['submitted'::text, 'checked'::text]))

table sender -- Senders of deliveries with whom something is agreed; for others the configured policy holds (DTA-5).
    import_id bigint not null
    ik text not null
    name text not null
    plain_allowed boolean not null
    signer_iks text[] not null -- Institutions that may sign for the sender besides itself.
    legacy_until date -- Last day on which algorithms from before the present profile are accepted; null: never.
    superseded_by bigint
    constraint sender_import_id_fkey FOREIGN KEY (import_id) REFERENCES reference_import(id)
    constraint sender_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES reference_import(id)
    CREATE UNIQUE INDEX sender_current ON public.sender USING btree (ik) WHERE (superseded_by IS NULL)

table upload -- Deliveries taken over HTTP (DTA-8). id is the id of the message; the unique key makes a repeated request the same upload.
    id uuid not null
    ik text not null
    sender_ik text not null
    idempotency_key text not null
    content_sha256 bytea not null -- SHA-256 over both files: the same Idempotency-Key with other content is refused.
    created_at timestamp with time zone not null
    constraint upload_ik_idempotency_key_key UNIQUE (ik, idempotency_key)
    constraint upload_pkey PRIMARY KEY (id)
    constraint upload_content_sha256_check CHECK ((octet_length(content_sha256) = 32))

table user_session -- Sessions of the portal. waiting: the password was right, the one-time code is awaited, nothing is allowed. The cookie holds 256 random bits, the table their hash.
    id uuid not null
    user_id uuid not null
    token_sha256 bytea not null
    waiting boolean not null
    code_tries integer not null default 0
    created_at timestamp with time zone not null
    last_used_at timestamp with time zone not null
    ended_at timestamp with time zone
    ended_by text not null default ''::text
    constraint user_session_token_sha256_key UNIQUE (token_sha256)
    constraint user_session_pkey PRIMARY KEY (id)
    constraint user_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id)
    constraint user_session_check CHECK (((ended_at IS NULL) = (ended_by = ''::text)))
    constraint user_session_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
    CREATE INDEX user_session_live ON public.user_session USING btree (user_id) WHERE (ended_at IS NULL)

table voucher -- Zahlbeleg: ten digits beginning with 0 (PAY-1).
    number text not null
    payee_ik text not null
    paid_on date not null -- Bank day of the transfer.
    total_cents bigint not null -- What is transferred: the sum of the lines. 0 if claims took all of it; then nothing is transferred.
    created_at timestamp with time zone not null
    run_on date not null
    payer_ik text not null
    payer_name text not null
    name text not null -- Name of the payee on that day, as street, city, iban and bic. Person: of payees who are natural persons.
    street text not null
    city text not null
    iban text not null
    bic text not null
    constraint voucher_pkey PRIMARY KEY (number)
    constraint voucher_run_on_fkey FOREIGN KEY (run_on) REFERENCES payment_run(run_on)
    constraint voucher_number_check CHECK ((number ~ '^0[0-9]{9}$'::text))
    constraint voucher_total_cents_check CHECK ((total_cents >= 0))
    CREATE UNIQUE INDEX voucher_once ON public.voucher USING btree (run_on, payee_ik, payer_ik)
    CREATE TRIGGER voucher_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.voucher FOR EACH STATEMENT EXECUTE FUNCTION append_only()

table voucher_counter -- Last Zahlbelegnummer given out. Counted up in the transaction that writes the voucher, so there are no gaps.
    one boolean not null default true
    last bigint not null
    constraint voucher_counter_pkey PRIMARY KEY (one)
    constraint voucher_counter_last_check CHECK (((last >= 0) AND (last <= 999999999)))
    constraint voucher_counter_one_check CHECK (one)

table voucher_line
    voucher_number text not null
    invoice_id bigint not null
    amount_cents bigint not null -- Paid for the invoice; negative where a claim on a cancelled invoice is set off.
    corrected_cents bigint not null -- Corrections of the invoice in force on that day.
    constraint voucher_line_pkey PRIMARY KEY (voucher_number, invoice_id)
    constraint voucher_line_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint voucher_line_voucher_number_fkey FOREIGN KEY (voucher_number) REFERENCES voucher(number)
    constraint voucher_line_amount_cents_check CHECK ((amount_cents <> 0))
    constraint voucher_line_corrected_cents_check CHECK ((corrected_cents >= 0))
    CREATE INDEX voucher_line_invoice ON public.voucher_line USING btree (invoice_id)
    CREATE TRIGGER voucher_line_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.voucher_line FOR EACH STATEMENT EXECUTE FUNCTION append_only()

CREATE OR REPLACE FUNCTION public.append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception 'table % is append-only', tg_table_name using errcode = 'restrict_violation';
end $function$

CREATE OR REPLACE FUNCTION public.ensure_month_partitions(first date, months integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
    m date := date_trunc('month', first)::date;
    t text;
begin
    perform pg_advisory_xact_lock(hashtext('klarbeleg.partitions'));
    for i in 0 .. months - 1 loop
        foreach t in array array['position', 'finding'] loop
            execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
                t || '_' || to_char(m, 'YYYYMM'), t, m, (m + interval '1 month')::date);
        end loop;
        m := (m + interval '1 month')::date;
    end loop;
end $function$

CREATE OR REPLACE FUNCTION public.ledger_accounts_hold()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
    if exists (select from (select distinct invoice_id from booked) i cross join lateral (
            select sum(amount_cents) filter (where account = 'billed') as billed,
                sum(amount_cents) filter (where account = 'open') as open,
                sum(amount_cents) filter (where account = 'corrected') as corrected,
                sum(amount_cents) filter (where account = 'paid') as paid
            from ledger_entry where invoice_id = i.invoice_id) s
        where s.billed > 0 or s.open < 0 or s.corrected < 0 or s.paid < 0) then
        raise exception 'ledger account would be overdrawn' using errcode = 'check_violation';
    end if;
    return null;
end $function$

CREATE OR REPLACE FUNCTION public.ledger_sums_to_zero()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from booked group by txn_id having sum(amount_cents) <> 0) then
        raise exception 'ledger booking does not sum to zero' using errcode = 'check_violation';
    end if;
    return null;
end $function$
