{{ staged('portal_referrals', 'triage_decisions') }}
