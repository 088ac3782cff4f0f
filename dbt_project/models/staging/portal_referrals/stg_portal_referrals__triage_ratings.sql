{{ staged('portal_referrals', 'triage_ratings') }}
