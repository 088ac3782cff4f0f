{{ staged('portal_referrals', 'portal_referrals') }}
